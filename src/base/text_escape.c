/*
 * Text: quotes around it, and escaping for the documents that reports write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "base/utf8.h"
#include <ctype.h>

char *text_enclosed(TALLOC_CTX *mem, const char *text, char quote, const char *doubled)
{
    char *out = mem_array(mem, char, 2 * strlen(text) + 3);
    char *at = out;

    *at++ = quote;
    for (; *text != '\0'; text++) {
        if (strchr(doubled, *text) != NULL)
            *at++ = *text;
        *at++ = *text;
    }
    *at++ = quote;
    *at = '\0';
    return out;
}

char *text_percent_encoded(TALLOC_CTX *mem, const char *text)
{
    char *out = mem_strdup(mem, "");
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        bool is_plain = (*c < 0x80 && isalnum(*c)) || strchr("/-._~", *c) != NULL;
        out = is_plain ? talloc_asprintf_append_buffer(out, "%c", *c)
                       : talloc_asprintf_append_buffer(out, "%%%02X", *c);
    }
    return out;
}

static const char *xml_entity(char letter)
{
    switch (letter) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\t': // an attribute's blanks would be folded
        return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return NULL;
    }
}

// Source: XML 1.0, production [2] Char.
static bool is_xml_character(uint32_t code_point)
{
    return code_point >= 0x20 && code_point != 0xFFFE && code_point != 0xFFFF;
}

void text_write_xml(FILE *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t code_point = 0;
        size_t bytes = utf8_next(text, left, &code_point);
        const char *entity = xml_entity(*text);
        if (entity != NULL)
            fputs(entity, out);
        else if (bytes == 0 || !is_xml_character(code_point))
            fputs(UTF8_REPLACEMENT, out);
        else
            fwrite(text, 1, bytes, out);
        bytes += bytes == 0;
        text += bytes;
        left -= bytes;
    }
}

void text_write_markdown(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r' || *text == '\t')
            fputc(' ', out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (strchr("\\`*_[]|", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static const char *ascii_like(uint32_t code_point)
{
    switch (code_point) {
    case 0x2026: return "..."; // …
    case 0x2192: return "->";
    case 0x2018:
    case 0x2019: return "'";
    case 0x201C:
    case 0x201D: return "\"";
    case 0x2013:
    case 0x2014: return "-";
    case 0xA0: return " ";
    default: return NULL;
    }
}

void text_write_ascii(FILE *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t code_point = 0;
        size_t bytes = utf8_next(text, left, &code_point);
        const char *like = bytes == 0 ? "?" : ascii_like(code_point);
        if (like != NULL)
            fputs(like, out);
        else if (code_point < 0x80)
            fputc((int)code_point, out);
        else
            fprintf(out, code_point < 0x10000 ? "\\u%04X" : "\\U%08X", (unsigned)code_point);
        bytes += bytes == 0;
        text += bytes;
        left -= bytes;
    }
}

char *text_shell_quoted(TALLOC_CTX *mem, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=.,:/@%";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
        return mem_strdup(mem, text);
    char *quoted = mem_array(mem, char, 4 * strlen(text) + 3);
    char *at = quoted;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            at = stpcpy(at, "'\\''");
        else
            *at++ = *text;
    }
    *at = '\'';
    return quoted;
}

char *text_replaced(TALLOC_CTX *mem, const char *text, const char *what, const char *by)
{
    char *out = mem_strdup(mem, "");
    for (const char *found; (found = strstr(text, what)) != NULL; text = found + strlen(what))
        out = mem_checked(talloc_asprintf_append(out, "%.*s%s", (int)(found - text), text, by));
    return mem_checked(talloc_strdup_append(out, text));
}
