//! The server's tests. They are one program, so that it is linked once and its tests run beside each other.

#[macro_use]
mod world;

#[cfg(target_os = "linux")]
mod attacks;
mod audit;
mod authz;
mod bodies;
#[cfg(target_os = "linux")]
mod bombs;
mod databases;
mod devices;
mod durability;
mod imports;
mod office;
mod photos;
mod projections;
mod reports;
mod roster_properties;
mod s3;
mod sync;
mod tls;
