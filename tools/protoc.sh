#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Generates the C code of a protobuf schema: tools/protoc.sh PROTOC_C SCHEMA OUTPUT_FOLDER
# The initialisers it makes cast const away, which clang's -Wcast-qual reports wherever one is
# used; here they go through an integer, so that the warning stays on for our own code.
set -eu
"$1" --proto_path="$(dirname "$2")" --c_out="$3" "$2"
header="$3/$(basename "$2" .proto).pb-c.h"
sed 's/(char \*)protobuf_c_empty_string/(char *)(uintptr_t)protobuf_c_empty_string/g' \
    "$header" >"$header.new"
mv "$header.new" "$header"
