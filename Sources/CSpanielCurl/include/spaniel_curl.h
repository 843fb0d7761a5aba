// HTTP through the system's own libcurl, looked for when a first model is fetched: nobody who links this links
// it, and nothing is loaded for who fetches nothing. What is used of its interface is declared in
// spaniel_curl.c; libcurl holds it stable under the soname libcurl.so.4.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPANIEL_CURL_MESSAGE 256

typedef enum {
    /// A whole reply, whatever its status.
    SPANIEL_CURL_OK = 0,
    /// The connection failed, broke or stalled: another attempt may do better.
    SPANIEL_CURL_BROKE,
    /// A callback said to stop.
    SPANIEL_CURL_STOPPED,
    /// The other side cannot prove who it is, or TLS is not to be had.
    SPANIEL_CURL_UNTRUSTED,
    /// Anything that another attempt does not change.
    SPANIEL_CURL_FAILED,
} spaniel_curl_status;

typedef struct {
    const char *url;
    bool head;
    /// "Name: value", `header_count` of them.
    const char *const *headers;
    size_t header_count;
    const char *user_agent;
    /// A file of certificates instead of the system's; NULL for the system's.
    const char *certificates;
    long connect_milliseconds;
    /// The longest time without a byte.
    long stall_seconds;
    /// The longest time in all; 0 for no limit.
    long total_milliseconds;
    void *context;
    /// A line of the reply's head, line end included; false stops.
    bool (*line)(void *context, const char *bytes, size_t count);
    /// Bytes of the reply's body; false stops.
    bool (*body)(void *context, const uint8_t *bytes, size_t count);
    /// Asked several times a second; false stops.
    bool (*goes_on)(void *context);
} spaniel_curl_request;

/// Loads libcurl, once, from one thread; says whether it is on this system.
bool spaniel_curl_load(void);

/// A connection that is kept from request to request, for one thread at a time; NULL without memory.
void *spaniel_curl_open(void);
void spaniel_curl_close(void *handle);

/// Sends a request and hands over the reply; follows no redirect. `message` holds SPANIEL_CURL_MESSAGE bytes.
spaniel_curl_status spaniel_curl_perform(void *handle, const spaniel_curl_request *request, char *message);
