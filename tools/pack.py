#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs the built web pages into one file for the binary:
tools/pack.py DIST PACK ASSEMBLY DEPFILE [URL=FILE]...

The format is described in src/server/assets.h. A folder that does not exist makes an empty pack.
Further files are packed under an address of their own. ASSEMBLY is a source file that embeds PACK; DEPFILE tells the build which files went in.
"""

import base64
import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

MIME = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml; charset=utf-8",
}
# Formats that are compressed already.
DENSE = {".jpg", ".mp3", ".png", ".webp", ".woff2"}
FLAG_IMMUTABLE = 1
HEADER_BYTES = 8
ENTRY_BYTES = 60

ASSEMBLY = """/* Written by tools/pack.py. */
    .section .rodata
    .balign 16
    .globl assets_pack
    .type assets_pack, %object
assets_pack:
    .incbin "{pack}"
    .globl assets_pack_end
    .type assets_pack_end, %object
assets_pack_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
"""


def url_of(relative):
    """test.html is served as /test, index.html as its folder; all else under its own name."""
    if relative.suffix == ".html":
        relative = relative.parent if relative.stem == "index" else relative.with_suffix("")
    return "/" + ("" if str(relative) == "." else relative.as_posix())


def variants(data, suffix):
    """The identity, gzip and brotli forms; a compressed form that saves too little is left out."""
    if suffix in DENSE:
        return [data, b"", b""]
    packed = [
        gzip.compress(data, 9, mtime=0),
        subprocess.run(["brotli", "-9", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout,
    ]
    return [data] + [p if len(p) < len(data) * 0.9 else b"" for p in packed]


INLINE_SCRIPT = re.compile(rb"<script(?:\s(?![^>]*\ssrc=)[^>]*)?>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def inline_scripts(data, suffix):
    """What a policy says of a page's inline scripts to allow them: their digests."""
    if suffix != ".html":
        return b""
    digests = [hashlib.sha256(script).digest() for script in INLINE_SCRIPT.findall(data)]
    return b" ".join(b"'sha256-" + base64.b64encode(d) + b"'" for d in digests)


def entry(url, file):
    data = file.read_bytes()
    # Vite puts a hash of the content into the names below assets/.
    immutable = url.startswith("/assets/") and "-" in file.stem
    etag = '"' + hashlib.sha256(data).hexdigest()[:24] + '"'
    mime = MIME.get(file.suffix, "application/octet-stream")
    texts = [url.encode(), mime.encode(), etag.encode(), inline_scripts(data, file.suffix)]
    return texts + variants(data, file.suffix), FLAG_IMMUTABLE if immutable else 0


def pack(entries):
    entries.sort(key=lambda e: e[0][0])
    offset = HEADER_BYTES + ENTRY_BYTES * len(entries)
    table = b"BPK1" + len(entries).to_bytes(4, "big")
    blob = b""
    for spans, flags in entries:
        for span in spans:
            table += offset.to_bytes(4, "big") + len(span).to_bytes(4, "big")
            # Texts are zero-terminated, so that they can be handed out as they are.
            blob += span + b"\0"
            offset += len(span) + 1
        table += flags.to_bytes(4, "big")
    return table + blob


def main():
    dist, pack_path, assembly_path, depfile = map(Path, sys.argv[1:5])
    files = sorted(f for f in dist.rglob("*") if f.is_file() and not f.name.startswith("."))
    further = [(url, Path(name)) for url, _, name in (a.partition("=") for a in sys.argv[5:])]
    entries = [entry(url_of(f.relative_to(dist)), f) for f in files] + [entry(*one) for one in further]
    pack_path.write_bytes(pack(entries))
    assembly_path.write_text(ASSEMBLY.format(pack=pack_path.as_posix()))
    # The folders stand for files that come later; without them the parent notices their making.
    folders = [dist, *sorted(f for f in dist.rglob("*") if f.is_dir())]
    seen = files + folders if dist.is_dir() else [dist.parent]
    names = " ".join(str(f).replace(" ", "\\ ") for f in seen)
    depfile.write_text(f"{assembly_path.as_posix()}: {names}\n")


if __name__ == "__main__":
    main()
