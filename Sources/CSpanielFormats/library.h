// What the three files share: a library's functions by their names, and messages.
#pragma once
#include "spaniel_formats.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/// A function of a library: what it is called there, and where its address goes.
typedef struct {
    const char *name;
    void **address;
} spaniel_function;

/// Loads the library and finds every function, or says that it is not here.
static inline bool spaniel_load(const char *soname, const spaniel_function *functions, size_t count) {
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        *functions[i].address = dlsym(library, functions[i].name);
        if (*functions[i].address == NULL) return false;
    }
    return true;
}

static inline spaniel_formats_status spaniel_fail(spaniel_formats_status status, char *message,
                                                  const char *text) {
    snprintf(message, SPANIEL_FORMATS_MESSAGE, "%s", text == NULL ? "no reason" : text);
    return status;
}
