#include "spaniel_curl.h"

#include <dlfcn.h>
#include <stdio.h>

// libcurl's numbers, from curl/curl.h: they never change.
enum {
    OPT_WRITEDATA = 10001, OPT_URL = 10002, OPT_ERRORBUFFER = 10010, OPT_USERAGENT = 10018,
    OPT_HTTPHEADER = 10023, OPT_HEADERDATA = 10029, OPT_XFERINFODATA = 10057, OPT_CAINFO = 10065,
    OPT_WRITEFUNCTION = 20011, OPT_HEADERFUNCTION = 20079, OPT_XFERINFOFUNCTION = 20219,
    OPT_LOW_SPEED_LIMIT = 19, OPT_LOW_SPEED_TIME = 20, OPT_NOPROGRESS = 43, OPT_NOBODY = 44,
    OPT_FOLLOWLOCATION = 52, OPT_NOSIGNAL = 99, OPT_TIMEOUT_MS = 155, OPT_CONNECTTIMEOUT_MS = 156,
    OPT_PROTOCOLS = 181, OPT_SUPPRESS_CONNECT_HEADERS = 265,
};
enum { PROTOCOL_HTTP = 1, PROTOCOL_HTTPS = 2, GLOBAL_DEFAULT = 3 };
enum {
    CODE_OK = 0, CODE_WRITE_ERROR = 23, CODE_ABORTED_BY_CALLBACK = 42,
};

static int (*global_init)(long);
static void *(*easy_init)(void);
static void (*easy_cleanup)(void *);
static void (*easy_reset)(void *);
static int (*easy_setopt)(void *, int, ...);
static int (*easy_perform)(void *);
static const char *(*easy_strerror)(int);
static void *(*slist_append)(void *, const char *);
static void (*slist_free_all)(void *);

bool spaniel_curl_load(void) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return false;
    const struct {
        const char *name;
        void **address;
    } functions[] = {
        {"curl_global_init", (void **)&global_init},   {"curl_easy_init", (void **)&easy_init},
        {"curl_easy_cleanup", (void **)&easy_cleanup}, {"curl_easy_reset", (void **)&easy_reset},
        {"curl_easy_setopt", (void **)&easy_setopt},   {"curl_easy_perform", (void **)&easy_perform},
        {"curl_easy_strerror", (void **)&easy_strerror}, {"curl_slist_append", (void **)&slist_append},
        {"curl_slist_free_all", (void **)&slist_free_all},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        *functions[i].address = dlsym(library, functions[i].name);
        if (*functions[i].address == NULL) return false;
    }
    return global_init(GLOBAL_DEFAULT) == CODE_OK;
}

void *spaniel_curl_open(void) { return easy_init(); }

void spaniel_curl_close(void *handle) { easy_cleanup(handle); }

static size_t on_line(char *bytes, size_t size, size_t count, void *data) {
    const spaniel_curl_request *request = data;
    return request->line(request->context, bytes, size * count) ? size * count : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data) {
    const spaniel_curl_request *request = data;
    if (size * count == 0) return 0;
    // Zero is not the count: libcurl takes it for a refusal.
    return request->body(request->context, (const uint8_t *)bytes, size * count) ? size * count : 0;
}

static int on_progress(void *data, int64_t total, int64_t now, int64_t upload_total, int64_t upload_now) {
    (void)total, (void)now, (void)upload_total, (void)upload_now;
    const spaniel_curl_request *request = data;
    return request->goes_on(request->context) ? 0 : 1;
}

/// What a code of libcurl means for another attempt.
static spaniel_curl_status meaning(int code) {
    switch (code) {
    case CODE_OK: return SPANIEL_CURL_OK;
    case CODE_WRITE_ERROR: case CODE_ABORTED_BY_CALLBACK: return SPANIEL_CURL_STOPPED;
    // Resolving, connecting, half a file, time, nothing, sending, receiving, TLS's handshake, HTTP/2 and /3.
    case 5: case 6: case 7: case 8: case 16: case 18: case 28: case 35: case 52: case 55: case 56: case 92:
    case 95: return SPANIEL_CURL_BROKE;
    case 51: case 58: case 59: case 60: case 66: case 77: case 83: case 90: case 91:
        return SPANIEL_CURL_UNTRUSTED;
    default: return SPANIEL_CURL_FAILED;
    }
}

spaniel_curl_status spaniel_curl_perform(void *handle, const spaniel_curl_request *request, char *message) {
    message[0] = 0;
    void *headers = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        void *longer = slist_append(headers, request->headers[i]);
        if (longer == NULL) {
            slist_free_all(headers);
            snprintf(message, SPANIEL_CURL_MESSAGE, "no memory");
            return SPANIEL_CURL_FAILED;
        }
        headers = longer;
    }
    easy_reset(handle);
    const struct {
        int option;
        long value;
    } numbers[] = {
        {OPT_NOSIGNAL, 1}, // libcurl's way of timing out name look-ups jumps over frames otherwise
        {OPT_FOLLOWLOCATION, 0},
        {OPT_PROTOCOLS, PROTOCOL_HTTP | PROTOCOL_HTTPS},
        {OPT_SUPPRESS_CONNECT_HEADERS, 1},
        {OPT_CONNECTTIMEOUT_MS, request->connect_milliseconds},
        {OPT_LOW_SPEED_LIMIT, 1},
        {OPT_LOW_SPEED_TIME, request->stall_seconds},
        {OPT_TIMEOUT_MS, request->total_milliseconds},
        {OPT_NOPROGRESS, 0},
        {OPT_NOBODY, request->head},
    };
    int code = CODE_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == CODE_OK; i++)
        code = easy_setopt(handle, numbers[i].option, numbers[i].value);
    const struct {
        int option;
        const void *value;
    } pointers[] = {
        {OPT_ERRORBUFFER, message},        {OPT_URL, request->url},       {OPT_HTTPHEADER, headers},
        {OPT_USERAGENT, request->user_agent}, {OPT_HEADERDATA, request}, {OPT_WRITEDATA, request},
        {OPT_XFERINFODATA, request},
    };
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers && code == CODE_OK; i++)
        code = easy_setopt(handle, pointers[i].option, pointers[i].value);
    if (code == CODE_OK && request->certificates != NULL)
        code = easy_setopt(handle, OPT_CAINFO, request->certificates);
    if (code == CODE_OK) code = easy_setopt(handle, OPT_HEADERFUNCTION, on_line);
    if (code == CODE_OK) code = easy_setopt(handle, OPT_WRITEFUNCTION, on_body);
    if (code == CODE_OK) code = easy_setopt(handle, OPT_XFERINFOFUNCTION, on_progress);
    if (code == CODE_OK) code = easy_perform(handle);
    if (code != CODE_OK && message[0] == 0)
        snprintf(message, SPANIEL_CURL_MESSAGE, "%s", easy_strerror(code));
    // The handle outlives what was lent to it here.
    easy_reset(handle);
    slist_free_all(headers);
    return meaning(code);
}
