//! Opens a revoked phone's hand-over with the sealed keys in it: nothing opens that was not sealed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_domain::wire::{DeviceHandover, vault_owner};
use ruhu_vault::{Purpose, RecoveryKey, Sealed, VaultKey};

fuzz_target!(|body: &[u8]| {
    let server = RecoveryKey::new([8; 32]);
    if let Ok(over) = serde_json::from_slice::<DeviceHandover<Sealed>>(body) {
        assert!(server.open(&over.of.key, &vault_owner(&over.of.account, over.of.device)).is_err());
    }
    let keys = VaultKey::new([5; 32]).keys();
    assert!(keys.open(Purpose::Meta, "meta", "name", body).is_err());
});
