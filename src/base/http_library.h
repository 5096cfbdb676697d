/*
 * The library of HTTP: libcurl, loaded when the first request is made.
 *
 * It brings some forty other libraries (TLS, Kerberos, LDAP, HTTP/2 …), and most runs make no
 * request. Its functions are called by their own names: each is a pointer here. One that is not in
 * the list does not link.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_HTTP_LIBRARY_H
#define BASE_HTTP_LIBRARY_H

#include "base/error.h"
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// Before any other call; again is no work. ERROR_SYSTEM when it is not installed.
MUST_CHECK bool http_library_load(struct error *err);

// The header's macros only check that each has three arguments.
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

// clang-format off
#define CURL_FUNCTIONS(F) \
    F(curl_easy_cleanup) F(curl_easy_getinfo) F(curl_easy_init) F(curl_easy_setopt)                \
    F(curl_easy_strerror) F(curl_global_init) F(curl_multi_add_handle) F(curl_multi_cleanup)       \
    F(curl_multi_info_read) F(curl_multi_init) F(curl_multi_remove_handle) F(curl_multi_setopt)    \
    F(curl_multi_socket_action) F(curl_slist_append) F(curl_slist_free_all)
// clang-format on

#define CURL_POINTER(function) __typeof__(function) *function##_pointer;
struct http_library {
    CURL_FUNCTIONS(CURL_POINTER)
};
extern struct http_library http_library;

#define curl_easy_cleanup http_library.curl_easy_cleanup_pointer
#define curl_easy_getinfo http_library.curl_easy_getinfo_pointer
#define curl_easy_init http_library.curl_easy_init_pointer
#define curl_easy_setopt http_library.curl_easy_setopt_pointer
#define curl_easy_strerror http_library.curl_easy_strerror_pointer
#define curl_global_init http_library.curl_global_init_pointer
#define curl_multi_add_handle http_library.curl_multi_add_handle_pointer
#define curl_multi_cleanup http_library.curl_multi_cleanup_pointer
#define curl_multi_info_read http_library.curl_multi_info_read_pointer
#define curl_multi_init http_library.curl_multi_init_pointer
#define curl_multi_remove_handle http_library.curl_multi_remove_handle_pointer
#define curl_multi_setopt http_library.curl_multi_setopt_pointer
#define curl_multi_socket_action http_library.curl_multi_socket_action_pointer
#define curl_slist_append http_library.curl_slist_append_pointer
#define curl_slist_free_all http_library.curl_slist_free_all_pointer

#endif
