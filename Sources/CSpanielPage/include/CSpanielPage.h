#ifndef SPANIEL_PAGE_H
#define SPANIEL_PAGE_H

#include <stddef.h>

/// One file of the labelling page, as it lies in Sources/SpanielStudio.
struct spaniel_page_file {
    /// The path inside the page's folder.
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

/// The number of files.
size_t spaniel_page_count(void);

/// The file at a place below the count.
struct spaniel_page_file spaniel_page_file(size_t place);

#endif
