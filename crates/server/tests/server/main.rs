//! The server's tests. They are one program, so that it is linked once and its tests run beside each other.

#[macro_use]
mod world;

mod audit;
mod authz;
#[cfg(target_os = "linux")]
mod bombs;
mod databases;
mod devices;
mod imports;
mod office;
mod photos;
mod reports;
mod s3;
mod sync;
mod tls;
