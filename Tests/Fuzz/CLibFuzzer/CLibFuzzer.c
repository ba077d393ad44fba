// SwiftPM builds no C target without a source.
#include "CLibFuzzer.h"
