// The system's libprotobuf-c (Debian: libprotobuf-c-dev).
#pragma once

#include <protobuf-c/protobuf-c.h>
