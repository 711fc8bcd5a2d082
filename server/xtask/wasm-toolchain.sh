#!/usr/bin/env bash
# For machines whose rustup cannot download the browser target: compiles the standard library for it from
# Debian's packages of the Rust sources and links the result into rustup. Prints the toolchain's name; all
# else goes to the error stream. Needs root.
set -euo pipefail
name=debian-web
target=wasm32-unknown-unknown

have() { rustup toolchain list | grep -q "^$name"; }

build() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends rustc-web cargo-web rust-web-src

  # The packages come without the linker; rustup's toolchain has the same one.
  local host lld
  host=$(rustc -vV | sed -n 's/^host: //p')
  lld=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
  install -d "/usr/lib/rustlib/$host/bin"
  ln -sf "$lld" "/usr/lib/rustlib/$host/bin/rust-lld"

  local work
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  install -d "$work/src"
  echo '#![no_std]' > "$work/src/lib.rs"
  cat > "$work/Cargo.toml" <<'TOML'
[package]
name = "standard-library"
version = "0.0.0"
edition = "2024"

[profile.release]
panic = "abort"

[workspace]
TOML
  # Building the standard library is an unstable option; only this one build uses it.
  (cd "$work" && env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build \
    --release --target "$target" -Zbuild-std=std,panic_abort,proc_macro,test)
  install -d "/usr/lib/rustlib/$target/lib"
  find "$work/target/$target/release/deps" -name '*.rlib' ! -name 'libstandard_library-*' \
    -exec cp {} "/usr/lib/rustlib/$target/lib/" \;
  rustup toolchain link "$name" /usr
}

have || build >&2
echo "$name"
