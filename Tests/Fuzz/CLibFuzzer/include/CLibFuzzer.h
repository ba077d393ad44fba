// The entry of libFuzzer, which `-sanitize=fuzzer` links, for a program with a `main` of its own.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Runs the callback on inputs until the arguments say that it is enough, and exits.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
