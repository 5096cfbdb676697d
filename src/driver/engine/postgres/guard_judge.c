/*
 * The judgement of one object: lists of what the server's own functions do.
 *
 * Immutable functions of the server compute. Stable ones mostly do, but some run text as SQL, check
 * what another names, or take a transaction's number; so they are listed, and one that a later
 * version brings is refused until somebody has looked at it. Volatile ones are listed where they
 * change nothing. test/data/postgres/functions_15.txt shows what comes of it for every function.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/postgres/guard.h"

#include "base/text.h"
#include <stdlib.h>
#include <string.h>

// Left out on purpose: …_to_xml, …_to_xmlschema (read tables and views that are named by text),
// txid_current, pg_current_xact_id (take a transaction's number), pg_event_trigger_…,
// pg_input_is_valid, pg_input_error_info (run the checks of a domain that is named by text).
static const char *const stable[] = {"aclexplode",
                                     "age",
                                     "anyarray_send",
                                     "anycompatiblearray_send",
                                     "anytextcat",
                                     "array_send",
                                     "array_to_json",
                                     "array_to_string",
                                     "bpcharsend",
                                     "brin_bloom_summary_send",
                                     "brin_minmax_multi_summary_send",
                                     "col_description",
                                     "concat",
                                     "concat_ws",
                                     "convert",
                                     "convert_from",
                                     "convert_to",
                                     "current_database",
                                     "current_schema",
                                     "current_schemas",
                                     "current_setting",
                                     "current_user",
                                     "date",
                                     "date_add",
                                     "date_cmp_timestamptz",
                                     "date_eq_timestamptz",
                                     "date_ge_timestamptz",
                                     "date_gt_timestamptz",
                                     "date_le_timestamptz",
                                     "date_lt_timestamptz",
                                     "date_ne_timestamptz",
                                     "date_part",
                                     "date_subtract",
                                     "date_trunc",
                                     "enum_first",
                                     "enum_last",
                                     "enum_range",
                                     "enum_send",
                                     "extract",
                                     "format",
                                     "format_type",
                                     "generate_series",
                                     "get_current_ts_config",
                                     "getdatabaseencoding",
                                     "getpgusername",
                                     "has_any_column_privilege",
                                     "has_column_privilege",
                                     "has_database_privilege",
                                     "has_foreign_data_wrapper_privilege",
                                     "has_function_privilege",
                                     "has_language_privilege",
                                     "has_largeobject_privilege",
                                     "has_parameter_privilege",
                                     "has_schema_privilege",
                                     "has_sequence_privilege",
                                     "has_server_privilege",
                                     "has_table_privilege",
                                     "has_tablespace_privilege",
                                     "has_type_privilege",
                                     "in_range",
                                     "inet_client_addr",
                                     "inet_client_port",
                                     "inet_server_addr",
                                     "inet_server_port",
                                     "interval_pl_timestamptz",
                                     "json_agg",
                                     "json_build_array",
                                     "json_build_object",
                                     "json_object_agg",
                                     "json_populate_record",
                                     "json_populate_recordset",
                                     "json_to_record",
                                     "json_to_recordset",
                                     "json_to_tsvector",
                                     "jsonb_agg",
                                     "jsonb_build_array",
                                     "jsonb_build_object",
                                     "jsonb_path_exists_tz",
                                     "jsonb_path_match_tz",
                                     "jsonb_path_query_array_tz",
                                     "jsonb_path_query_first_tz",
                                     "jsonb_path_query_tz",
                                     "jsonb_populate_record",
                                     "jsonb_populate_recordset",
                                     "jsonb_to_record",
                                     "jsonb_to_recordset",
                                     "jsonb_to_tsvector",
                                     "length",
                                     "make_timestamptz",
                                     "money",
                                     "multirange_send",
                                     "mxid_age",
                                     "namesend",
                                     "now",
                                     "numeric",
                                     "obj_description",
                                     "oidvectortypes",
                                     "overlaps",
                                     "pg_available_extension_versions",
                                     "pg_available_extensions",
                                     "pg_backend_pid",
                                     "pg_basetype",
                                     "pg_char_to_encoding",
                                     "pg_client_encoding",
                                     "pg_collation_for",
                                     "pg_collation_is_visible",
                                     "pg_column_compression",
                                     "pg_column_is_updatable",
                                     "pg_column_size",
                                     "pg_conf_load_time",
                                     "pg_config",
                                     "pg_conversion_is_visible",
                                     "pg_current_snapshot",
                                     "pg_current_xact_id_if_assigned",
                                     "pg_cursor",
                                     "pg_dependencies_send",
                                     "pg_describe_object",
                                     "pg_encoding_to_char",
                                     "pg_extension_update_paths",
                                     "pg_filenode_relation",
                                     "pg_function_is_visible",
                                     "pg_get_acl",
                                     "pg_get_catalog_foreign_keys",
                                     "pg_get_constraintdef",
                                     "pg_get_expr",
                                     "pg_get_function_arg_default",
                                     "pg_get_function_arguments",
                                     "pg_get_function_identity_arguments",
                                     "pg_get_function_result",
                                     "pg_get_function_sqlbody",
                                     "pg_get_functiondef",
                                     "pg_get_indexdef",
                                     "pg_get_keywords",
                                     "pg_get_object_address",
                                     "pg_get_partition_constraintdef",
                                     "pg_get_partkeydef",
                                     "pg_get_publication_tables",
                                     "pg_get_replica_identity_index",
                                     "pg_get_replication_slots",
                                     "pg_get_ruledef",
                                     "pg_get_serial_sequence",
                                     "pg_get_statisticsobjdef",
                                     "pg_get_statisticsobjdef_columns",
                                     "pg_get_statisticsobjdef_expressions",
                                     "pg_get_triggerdef",
                                     "pg_get_userbyid",
                                     "pg_get_viewdef",
                                     "pg_has_role",
                                     "pg_identify_object",
                                     "pg_identify_object_as_address",
                                     "pg_index_column_has_property",
                                     "pg_index_has_property",
                                     "pg_indexam_has_property",
                                     "pg_is_other_temp_schema",
                                     "pg_listening_channels",
                                     "pg_mcv_list_items",
                                     "pg_mcv_list_send",
                                     "pg_my_temp_schema",
                                     "pg_ndistinct_send",
                                     "pg_node_tree_send",
                                     "pg_opclass_is_visible",
                                     "pg_operator_is_visible",
                                     "pg_opfamily_is_visible",
                                     "pg_options_to_table",
                                     "pg_postmaster_start_time",
                                     "pg_prepared_statement",
                                     "pg_relation_filenode",
                                     "pg_relation_filepath",
                                     "pg_relation_is_publishable",
                                     "pg_relation_is_updatable",
                                     "pg_replication_origin_oid",
                                     "pg_sequence_parameters",
                                     "pg_settings_get_flags",
                                     "pg_show_all_settings",
                                     "pg_statistics_obj_is_visible",
                                     "pg_table_is_visible",
                                     "pg_tablespace_databases",
                                     "pg_tablespace_location",
                                     "pg_timezone_abbrevs",
                                     "pg_timezone_names",
                                     "pg_trigger_depth",
                                     "pg_ts_config_is_visible",
                                     "pg_ts_dict_is_visible",
                                     "pg_ts_parser_is_visible",
                                     "pg_ts_template_is_visible",
                                     "pg_type_is_visible",
                                     "pg_typeof",
                                     "phraseto_tsquery",
                                     "plainto_tsquery",
                                     "quote_literal",
                                     "quote_nullable",
                                     "range_send",
                                     "record_send",
                                     "regclass",
                                     "row_security_active",
                                     "row_to_json",
                                     "session_user",
                                     "shobj_description",
                                     "statement_timestamp",
                                     "textanycat",
                                     "textsend",
                                     "time",
                                     "timestamp",
                                     "timestamp_cmp_timestamptz",
                                     "timestamp_eq_timestamptz",
                                     "timestamp_ge_timestamptz",
                                     "timestamp_gt_timestamptz",
                                     "timestamp_le_timestamptz",
                                     "timestamp_lt_timestamptz",
                                     "timestamp_ne_timestamptz",
                                     "timestamptz",
                                     "timestamptz_cmp_date",
                                     "timestamptz_cmp_timestamp",
                                     "timestamptz_eq_date",
                                     "timestamptz_eq_timestamp",
                                     "timestamptz_ge_date",
                                     "timestamptz_ge_timestamp",
                                     "timestamptz_gt_date",
                                     "timestamptz_gt_timestamp",
                                     "timestamptz_le_date",
                                     "timestamptz_le_timestamp",
                                     "timestamptz_lt_date",
                                     "timestamptz_lt_timestamp",
                                     "timestamptz_mi_interval",
                                     "timestamptz_ne_date",
                                     "timestamptz_ne_timestamp",
                                     "timestamptz_pl_interval",
                                     "timetz",
                                     "timezone",
                                     "to_char",
                                     "to_date",
                                     "to_json",
                                     "to_jsonb",
                                     "to_number",
                                     "to_regclass",
                                     "to_regcollation",
                                     "to_regnamespace",
                                     "to_regoper",
                                     "to_regoperator",
                                     "to_regproc",
                                     "to_regprocedure",
                                     "to_regrole",
                                     "to_regtype",
                                     "to_regtypemod",
                                     "to_timestamp",
                                     "to_tsquery",
                                     "to_tsvector",
                                     "transaction_timestamp",
                                     "ts_debug",
                                     "ts_headline",
                                     "ts_match_tq",
                                     "ts_match_tt",
                                     "ts_parse",
                                     "ts_token_type",
                                     "txid_current_if_assigned",
                                     "txid_current_snapshot",
                                     "varcharsend",
                                     "version",
                                     "websearch_to_tsquery",
                                     "xml",
                                     "xml_is_well_formed",
                                     "xml_send"};

// Volatile because the answer changes from call to call, not because anything else does: times,
// random values, sizes of files, positions of the log, locks, the fate of transactions. Left out
// are also pg_ls_…, pg_read_…, pg_stat_file (files of the server), pg_hba_file_rules and
// pg_show_all_file_settings (its secrets' neighbours), currval and lastval (a session of ours has
// none).
static const char *const harmless[] = {"array_sample",
                                       "array_shuffle",
                                       "clock_timestamp",
                                       "gen_random_uuid",
                                       "pg_blocking_pids",
                                       "pg_collation_actual_version",
                                       "pg_control_checkpoint",
                                       "pg_control_init",
                                       "pg_control_recovery",
                                       "pg_control_system",
                                       "pg_current_logfile",
                                       "pg_current_wal_flush_lsn",
                                       "pg_current_wal_insert_lsn",
                                       "pg_current_wal_lsn",
                                       "pg_database_collation_actual_version",
                                       "pg_database_size",
                                       "pg_get_multixact_members",
                                       "pg_get_wal_replay_pause_state",
                                       "pg_indexes_size",
                                       "pg_is_in_recovery",
                                       "pg_is_wal_replay_paused",
                                       "pg_last_committed_xact",
                                       "pg_last_wal_receive_lsn",
                                       "pg_last_wal_replay_lsn",
                                       "pg_last_xact_replay_timestamp",
                                       "pg_lock_status",
                                       "pg_notification_queue_usage",
                                       "pg_partition_ancestors",
                                       "pg_partition_tree",
                                       "pg_prepared_xact",
                                       "pg_relation_size",
                                       "pg_safe_snapshot_blocking_pids",
                                       "pg_sequence_last_value",
                                       "pg_show_replication_origin_status",
                                       "pg_table_size",
                                       "pg_tablespace_size",
                                       "pg_total_relation_size",
                                       "pg_xact_commit_timestamp",
                                       "pg_xact_commit_timestamp_origin",
                                       "pg_xact_status",
                                       "random",
                                       "random_normal",
                                       "timeofday",
                                       "txid_status",
                                       "uuidv4",
                                       "uuidv7"};

// Of extensions, besides their immutable functions in C: what only computes although its answer
// depends on a setting, a dictionary or chance. Not listed on purpose: crosstab, connectby,
// xpath_table, dblink (run text as SQL), set_limit, pg_prewarm, pageinspect.
static const struct {
    const char *extension;
    const char *function;
} of_extensions[] = {
    {"citext", "citextsend"},
    {"pg_stat_statements", "pg_stat_statements"},
    {"pg_stat_statements", "pg_stat_statements_info"},
    {"pg_trgm", "show_limit"},
    {"pg_trgm", "similarity_op"},
    {"pg_trgm", "strict_word_similarity_commutator_op"},
    {"pg_trgm", "strict_word_similarity_op"},
    {"pg_trgm", "word_similarity_commutator_op"},
    {"pg_trgm", "word_similarity_op"},
    {"pgcrypto", "gen_random_bytes"},
    {"pgcrypto", "gen_random_uuid"},
    {"pgstattuple", "pgstattuple"},
    {"pgstattuple", "pgstattuple_approx"},
    {"tablefunc", "normal_rand"},
    {"unaccent", "unaccent"},
    {"uuid-ossp", "uuid_generate_v1"},
    {"uuid-ossp", "uuid_generate_v1mc"},
    {"uuid-ossp", "uuid_generate_v4"},
};

// What a function may set for its own run: how names are found, values shown and plans chosen.
static const char *const settings_allowed[] = {
    "search_path", "TimeZone",    "DateStyle",          "IntervalStyle",
    "work_mem",    "lc_messages", "extra_float_digits", "default_text_search_config",
};

static int compare_name(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static bool is_listed(const char *name, const char *const *list, size_t n)
{
    return bsearch(name, list, n, sizeof(*list), compare_name) != NULL;
}

static bool builtin_is_allowed(const struct guard_object *function)
{
    if (function->is_internal)
        return false;
    switch (function->volatility) {
    case 'i': return true;
    case 's':
        return text_starts_with(function->name, "pg_stat_get_") ||
               is_listed(function->name, stable, COUNT_OF(stable));
    default:
        return text_starts_with(function->name, "pg_stat_get_") ||
               is_listed(function->name, harmless, COUNT_OF(harmless));
    }
}

static bool extension_is_allowed(const struct guard_object *function)
{
    if (function->volatility == 'i')
        return strcmp(function->name, "isn_weak") != 0; // sets how the session reads numbers
    for (size_t i = 0; i < COUNT_OF(of_extensions); i++) {
        if (strcmp(of_extensions[i].extension, function->extension) == 0 &&
            strcmp(of_extensions[i].function, function->name) == 0)
            return true;
    }
    return false;
}

// The first setting that is not allowed; NULL: none.
static const char *setting_refused(TALLOC_CTX *mem, const char *settings)
{
    for (const char *line = settings; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t i = 0;
        char *name = mem_strndup(mem, line, strcspn(line, "="));
        while (i < COUNT_OF(settings_allowed) && !text_equal_nocase(name, settings_allowed[i]))
            i++;
        if (i == COUNT_OF(settings_allowed))
            return name;
    }
    return NULL;
}

static enum guard_judgement refuse(const char **why, const char *text)
{
    *why = text;
    return GUARD_REFUSED;
}

static enum guard_judgement judge_function(TALLOC_CTX *mem, const struct guard_object *function,
                                           const char **why)
{
    static const char not_listed[] = "is not on the list of what only reads";
    if (function->is_builtin)
        return builtin_is_allowed(function) ? GUARD_ALLOWED : refuse(why, not_listed);
    if (function->kind == 'a' || function->is_constructor) // its parts are judged
        return GUARD_INSIDE;
    bool is_compiled =
        strcmp(function->language, "c") == 0 || strcmp(function->language, "internal") == 0;
    if (is_compiled && function->extension != NULL) {
        if (extension_is_allowed(function))
            return GUARD_INSIDE;
        return refuse(why, mem_printf(mem, "of extension %s %s", function->extension, not_listed));
    }
    if (strcmp(function->language, "sql") != 0)
        return refuse(why, mem_printf(mem, "is written in %s, so what it does cannot be told",
                                      function->language));
    const char *setting = setting_refused(mem, function->settings);
    if (setting != NULL)
        return refuse(why, mem_printf(mem, "sets %s", setting));
    return GUARD_INSIDE;
}

enum guard_judgement guard_judge(TALLOC_CTX *mem, const struct guard_object *object,
                                 const char **why)
{
    if (object->class == GUARD_CLASS_WRITING)
        return refuse(why, "changes or locks something");
    if (object->class == GUARD_CLASS_FUNCTION)
        return judge_function(mem, object, why);
    if (object->is_builtin)
        return GUARD_ALLOWED;
    if (object->class == GUARD_CLASS_RELATION && object->kind == 'f')
        return refuse(
            why, "is read by running what its server is set to: a program, or queries elsewhere");
    if (object->class == GUARD_CLASS_SAMPLING) {
        if (object->extension != NULL)
            return GUARD_ALLOWED;
        return refuse(why, "is a sampling method of nobody's extension");
    }
    return GUARD_INSIDE;
}
