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
    /// There is something after its end.
    #[error("照片后面还带着别的内容，没有收下")]
    Trailing,
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
    if end(bytes) != Some(bytes.len()) {
        return Err(BadPhoto::Trailing);
    }
    Ok(())
}

/// Returns where a JPEG ends: after its marker of the end of the image. Segments say how long they are; in what is coded
/// between them a marker is `FF` and neither `00` nor a restart (ITU-T T.81, B.1.1).
fn end(bytes: &[u8]) -> Option<usize> {
    const START: u8 = 0xD8;
    const END: u8 = 0xD9;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        match *bytes.get(at + 1)? {
            END => return Some(at + 2),
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD7 | START => at += 2,
            _ => {
                let length = bytes.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
        }
    }
}
