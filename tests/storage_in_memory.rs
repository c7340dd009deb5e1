//! The store in memory keeps the contract.

#[cfg(not(target_arch = "wasm32"))]
mod contract;

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_store_in_memory_keeps_the_contract() {
    futures::executor::block_on(contract::run(&ruhu::storage::memory::Memory::default()));
}
