#!/usr/bin/env bash
# Gives rustup a toolchain that compiles for wasm32-unknown-unknown where `rustup target add` cannot, and
# prints its name (everything else goes to the standard error).
#
# Debian's compiler packages carry the source of the standard library: it is built once for the target (about
# half a minute), put beside that compiler, and the pair is linked into rustup as `debian-web`. The server
# may stay on another toolchain: a server function's path depends on its source, not on the compiler.
set -euo pipefail
target=wasm32-unknown-unknown
name=debian-web

if ! rustup toolchain list | grep -q "^$name"; then
  {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends rustc-web cargo-web rust-web-src
    host=$(rustc -vV | sed -n 's/^host: //p')
    mkdir -p "/usr/lib/rustlib/$host/bin"
    ln -sf "$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" "/usr/lib/rustlib/$host/bin/rust-lld"

    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
    mkdir "$build/src"
    printf '#![no_std]\n' > "$build/src/lib.rs"
    cat > "$build/Cargo.toml" <<'TOML'
[package]
name = "wasm-std"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
panic = "abort"
TOML
    # RUSTC_BOOTSTRAP opens -Zbuild-std, for the compiler's own standard library alone.
    (cd "$build" && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build --release \
      -Zbuild-std=std,panic_abort,proc_macro,test --target "$target")
    mkdir -p "/usr/lib/rustlib/$target/lib"
    cp "$build/target/$target/release/deps/"*.rlib "/usr/lib/rustlib/$target/lib/"
    rm -f "/usr/lib/rustlib/$target/lib/"libwasm_std-*.rlib
    rustup toolchain link "$name" /usr
  } >&2
fi
echo "$name"
