//! Checks that bytes are a photo as phones make them: a JPEG of a bounded size, without the metadata of the camera, which
//! could say where somebody was.

use ruhu_domain::photo::MAX_SIDE;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, options::DecoderOptions},
};

/// Why bytes are not taken for a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPhoto {
    /// They can't be drawn.
    #[error("这个文件不是照片，或已损坏")]
    Unreadable,
    /// It says where and with what it was taken.
    #[error("照片带着拍摄信息（可能有位置），没有收下")]
    Metadata,
}

/// Looks at a photo: it is drawn once, with bounded memory.
///
/// # Errors
/// Why it is not taken.
pub fn check(bytes: &[u8]) -> Result<(), BadPhoto> {
    let options = DecoderOptions::default().set_max_width(MAX_SIDE).set_max_height(MAX_SIDE).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode().map_err(|_| BadPhoto::Unreadable)?;
    if decoder.exif().is_some() || decoder.xmp().is_some() {
        return Err(BadPhoto::Metadata);
    }
    Ok(())
}
