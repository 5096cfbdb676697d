/*
 * Code lines: which lines of a file a range changes, from git diff without context.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/code_lines.h"
#include "change/git_run.h"
#include "change/line.h"

// "@@ -12,3 +14,2 @@": the lines of the new file; none when only lines went.
static void take_hunk(TALLOC_CTX *mem, const struct line *line, struct code_lines *out)
{
    SCRATCH(tmp);
    const char *plus = strstr(line_copy(tmp, line), " +");
    if (plus == NULL)
        return;
    char *end;
    size_t start = strtoul(plus + 2, &end, 10);
    size_t count = *end == ',' ? strtoul(end + 1, NULL, 10) : 1;
    if (count == 0)
        return;
    size_t n = out->n;
    *mem_append(mem, out->starts, out->n) = start;
    *mem_append(mem, out->ends, n) = start + count - 1;
}

static bool is_code(const struct line *line)
{
    static const char *const comments[] = {"#", "//", "/*", "*", "--"};
    struct line rest = *line;
    rest.start++; // the diff's '-'
    for (size_t i = 0; i < COUNT_OF(comments); i++)
        if (line_starts_with(&rest, comments[i]))
            return false;
    return !line_is_blank(&rest);
}

bool code_lines_read(TALLOC_CTX *mem, const struct change *change, const struct changed_file *file,
                     struct code_lines *out, struct error *err)
{
    *out = (struct code_lines){.all = file->status == 'A' || file->status == 'D'};
    if (out->all)
        return true;
    SCRATCH(tmp);
    struct process_result result;
    const char *path = mem_printf(tmp, ":(top,literal)%s", file->path);
    const char *old =
        file->old_path == NULL ? NULL : mem_printf(tmp, ":(top,literal)%s", file->old_path);
    struct git_question question = {
        .folder = change->root,
        .arguments = (const char *const[]){"diff", "--unified=0", "--find-renames", "--no-ext-diff",
                                           "--no-textconv", change->base, "--", path, old, NULL}};
    TRY(git_ask(tmp, &question, &result, err));
    bool is_body = false;
    for (struct line line = {.text = result.output}; line_next(&line, result.output_len);) {
        char first = line.end > line.start ? line.text[line.start] : ' ';
        if (first == '@')
            take_hunk(mem, &line, out);
        is_body = is_body || first == '@';
        if (is_body && first == '-' && is_code(&line))
            out->has_deleted_code = true;
    }
    return true;
}

bool code_lines_touch(const struct code_lines *lines, size_t first, size_t last)
{
    if (lines->all)
        return true;
    for (size_t i = 0; i < lines->n; i++)
        if (lines->starts[i] <= last && lines->ends[i] >= first)
            return true;
    return false;
}
