//! The app's files: hashed ones are kept for ever, the page and the service worker are asked for anew.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, header},
    middleware::{self, Next},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::path::Path;
use tower_http::services::{ServeDir, ServeFile};

/// Serves the built app. Paths that are not files get the page, which knows its own routes.
///
/// # Errors
/// There is no built app at `app`.
pub fn service(app: &Path) -> anyhow::Result<Router> {
    let page = app.join("index.html");
    anyhow::ensure!(
        page.is_file(),
        "没有找到应用文件 {}：先运行 cargo xtask build，或用 --app 指明目录",
        page.display()
    );
    let files = ServeDir::new(app)
        .precompressed_br()
        .append_index_html_on_directories(true)
        .fallback(ServeFile::new(page).precompressed_br());
    let office = ServeFile::new(app.join(OFFICE)).precompressed_br();
    let router = Router::new().route_service("/office", office).fallback_service(files);
    Ok(router.layer(middleware::from_fn(cache)))
}

/// The offices' page.
const OFFICE: &str = "office/index.html";

/// The text of the app's pages, the phone's and the offices'.
///
/// # Errors
/// They can't be read.
pub fn pages(app: &Path) -> std::io::Result<String> {
    let office = std::fs::read_to_string(app.join(OFFICE)).unwrap_or_default();
    Ok(std::fs::read_to_string(app.join("index.html"))? + &office)
}

async fn cache(request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let looks_like_file = name.contains('.');
    // A redirect to a folder's page would lead to another host.
    if path.starts_with("//") {
        return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap_or_default();
    }
    let mut response = next.run(request).await;
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|content| content.as_bytes().starts_with(b"text/html"));
    if looks_like_file && is_page && name != "index.html" {
        // A file of an older version: the page in its place would be run as a script.
        return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap_or_default();
    }
    let policy = if is_hashed(&name) && response.status().is_success() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    response
}

/// Whether a file's name carries the hash of its content, as Trunk writes it: `-` and up to 16 hexadecimal
/// digits (leading zeros are left out).
fn is_hashed(name: &str) -> bool {
    name.split(['.', '_']).any(|part| {
        part.rsplit_once('-')
            .is_some_and(|(_, hash)| (12..=16).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit()))
    })
}

/// The policy for the app's pages: their own files only, and exactly the inline scripts and styles they have.
pub fn content_security_policy(page: &str) -> String {
    let (scripts, styles) = (inline_hashes(page, "script"), inline_hashes(page, "style"));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'{styles}; \
         img-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
}

/// The sources that allow a page's inline elements of this name.
fn inline_hashes(page: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut hashes = String::new();
    for piece in page.split(&open).skip(1) {
        let Some((attributes, rest)) = piece.split_once('>') else { continue };
        let Some((text, _)) = rest.split_once(&close) else { continue };
        if !attributes.contains("src=") && !text.is_empty() {
            hashes.push_str(&format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes()))));
        }
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_pages_own_inline_script_and_style_and_no_other() {
        let page = "<script type=\"module\">1</script><script src=\"/a.js\"></script><style>1</style>";
        let policy = content_security_policy(page);
        // echo -n 1 | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='";
        for source in ["script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'"] {
            assert!(policy.contains(&format!("{source} {hash};")), "{policy}");
        }
        assert_eq!(policy.matches("sha256").count(), 2);
        assert!(!policy.contains("unsafe-inline"));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("ruhu-0123456789abcdef.js"));
        assert!(is_hashed("ruhu-0123456789abcdef_bg.wasm"));
        assert!(!is_hashed("index.html") && !is_hashed("sw.js") && !is_hashed("icon-192.png"));
    }
}
