/*
 * Code kinds: which changed files can write data at all.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "base/text.h"
#include "change/code_text.h"

static const char *const program_endings[] = {
    ".rb",     ".rake", ".py",  ".go",  ".js",  ".mjs", ".cjs",   ".ts",   ".java", ".kt", ".scala",
    ".groovy", ".cs",   ".php", ".rs",  ".ex",  ".exs", ".c",     ".cc",   ".cpp",  ".h",  ".hpp",
    ".pl",     ".pm",   ".lua", ".sql", ".clj", ".fs",  ".swift", ".dart", ".erl",  ".hs",
};
// Read for writes, but a page or script without any is not worth a question.
static const char *const surface_endings[] = {
    ".jsx", ".tsx", ".vue", ".svelte", ".erb", ".haml", ".slim", ".sh", ".bash", ".ipynb",
};
// Tests and documents: they do not run in production.
static const char *const quiet_paths[] = {
    "**/test/**",     "**/tests/**",    "**/spec/**",     "**/specs/**", "**/__tests__/**",
    "**/testdata/**", "**/fixtures/**", "**/features/**", "**/docs/**",  "**/doc/**",
    "**/*_test.*",    "**/*_spec.*",    "**/test_*.py",   "**/*.test.*", "**/*.spec.*",
    "**/*Test.java",  "**/*Tests.cs",   "**/conftest.py", "**/*.d.ts",   "**/*.stories.*",
};
static const char *const surface_paths[] = {
    "**/setup.py", "**/*.config.*", "**/gulpfile.*", "**/Gruntfile.*", "**/noxfile.py",
    "**/build.rs", "**/config/**",  "**/.ci/**",     "**/.github/**",
};

static bool has_ending(const char *path, const char *const *endings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(path, endings[i]))
            return true;
    return false;
}

static bool is_like(const char *path, const char *const *globs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_glob_match(globs[i], path))
            return true;
    return false;
}

enum code_kind code_kind_of(const char *path)
{
    bool is_program = has_ending(path, program_endings, COUNT_OF(program_endings));
    bool is_surface = has_ending(path, surface_endings, COUNT_OF(surface_endings));
    if ((!is_program && !is_surface) || is_like(path, quiet_paths, COUNT_OF(quiet_paths)))
        return CODE_NONE;
    if (is_surface || is_like(path, surface_paths, COUNT_OF(surface_paths)))
        return CODE_SURFACE;
    return CODE_PROGRAM;
}

bool code_is_task(const char *path)
{
    SCRATCH(tmp);
    return text_ends_with(path, ".rake") || text_glob_match("**/lib/tasks/**", path) ||
           text_glob_match("**/management/commands/*.py", path) ||
           strstr(text_lower(tmp, file_base(path)), "backfill") != NULL;
}
