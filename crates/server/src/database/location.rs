//! Where a database is, and whether it is still there.

use anyhow::Context;
use std::{
    fmt,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite, in this file.
    File(PathBuf),
    /// PostgreSQL, under this address. It may hold a password.
    Postgres(String),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}

impl Location {
    /// The database under an address, or without one in the data folder.
    ///
    /// # Errors
    /// The address is of no database that there is.
    pub fn of(data: &Path, address: Option<&str>) -> anyhow::Result<Self> {
        match address {
            None => Ok(Self::File(data.join("ruhu.db"))),
            Some(address) if address.starts_with("postgres://") || address.starts_with("postgresql://") => {
                Ok(Self::Postgres(address.to_owned()))
            }
            Some(_) => anyhow::bail!("数据库地址应以 postgres:// 开头；使用内置数据库时不必写地址，用 --data 指明目录"),
        }
    }
}

/// The file that a server locks while it serves from a folder.
const LOCK: &str = "ruhu.lock";

/// A lock on a folder of data, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Location {
    /// Locks the folder of a file, for whoever serves from it or puts another file in its place. PostgreSQL needs no lock.
    ///
    /// # Errors
    /// Another process holds the lock, or the folder can't be written.
    pub fn lock(&self) -> anyhow::Result<Option<Lock>> {
        let Self::File(file) = self else { return Ok(None) };
        let path = file.parent().unwrap_or(Path::new(".")).join(LOCK);
        let lock = File::create(&path).with_context(|| format!("无法写 {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: lock })),
            Err(TryLockError::WouldBlock) => {
                anyhow::bail!("{} 正由一个 ruhu-server 服务使用，请先停止那个服务", file.display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("无法锁住 {}", path.display())),
        }
    }
}

/// The identity of a database's file, as it was when it was opened.
#[derive(Clone, Debug)]
pub(super) struct InPlace {
    file: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl InPlace {
    /// Notes the identity of a file.
    pub(super) fn of(file: &Path) -> std::io::Result<Self> {
        Ok(Self {
            file: file.to_owned(),
            #[cfg(unix)]
            identity: identity(file)?,
        })
    }

    /// Returns the file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Whether the file is still there, and no other in its place.
    pub(super) fn holds(&self) -> bool {
        #[cfg(unix)]
        return identity(&self.file).is_ok_and(|now| now == self.identity);
        #[cfg(not(unix))]
        return self.file.is_file();
    }

    /// Returns the error for a file that was replaced.
    pub(super) fn replaced(&self) -> std::io::Error {
        let file = self.file.display();
        std::io::Error::other(format!("数据库文件 {file} 被删除或替换了，没有再写入"))
    }
}

/// The file's number on its device, and the device.
#[cfg(unix)]
fn identity(file: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    Ok((metadata.ino(), metadata.dev()))
}
