// The labelling page's files inside the program, so that one file is all there is to install. It is C because the
// compiler embeds a file in C at once; 200 kB as SwiftPM's `.embedInCode` took Swift 6.3.1 100 s to compile.
// `Packaging/page` writes the lists below.
#pragma clang diagnostic ignored "-Wc23-extensions"

#include "CSpanielPage.h"

#include "files.inc"

size_t spaniel_page_count(void) { return sizeof files / sizeof files[0]; }

struct spaniel_page_file spaniel_page_file(size_t place) { return files[place]; }
