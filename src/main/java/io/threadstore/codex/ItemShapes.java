package io.threadstore.codex;

import static io.threadstore.codex.Shape.ANY;
import static io.threadstore.codex.Shape.BOOL;
import static io.threadstore.codex.Shape.I32;
import static io.threadstore.codex.Shape.I64;
import static io.threadstore.codex.Shape.NUMBER;
import static io.threadstore.codex.Shape.POSITIVE_U64;
import static io.threadstore.codex.Shape.TEXT;
import static io.threadstore.codex.Shape.U32;
import static io.threadstore.codex.Shape.U64;
import static io.threadstore.codex.Shape.closedObject;
import static io.threadstore.codex.Shape.either;
import static io.threadstore.codex.Shape.list;
import static io.threadstore.codex.Shape.listOfFitting;
import static io.threadstore.codex.Shape.map;
import static io.threadstore.codex.Shape.nullable;
import static io.threadstore.codex.Shape.object;
import static io.threadstore.codex.Shape.onlyMembers;
import static io.threadstore.codex.Shape.optional;
import static io.threadstore.codex.Shape.required;
import static io.threadstore.codex.Shape.single;
import static io.threadstore.codex.Shape.tagged;
import static io.threadstore.codex.Shape.text;
import static io.threadstore.codex.Shape.when;
import static io.threadstore.codex.Shape.words;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The payloads that Codex 0.125, 0.128 and 0.129 can all parse. Found by asking the three published binaries: each shape was varied
 * member by member and given to them in a history ({@code src/test/resources/codex/item-cases.jsonl}).
 */
final class ItemShapes {

    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{32}|(urn:uuid:)?H{8}-H{4}-H{4}-H{4}-H{12}|\\{H{8}-H{4}-H{4}-H{4}-H{12}}"
                    .replace("H", "[0-9a-fA-F]"));
    private static final Pattern AGENT_PATH = Pattern.compile("/morpheus|/root(/(?!root(/|$))[a-z0-9_]+)*");

    private static final Shape ID = text(value -> UUID.matcher(value).matches());
    private static final Shape ABSOLUTE_PATH = text(value -> value.startsWith("/"));
    private static final Shape EFFORT = words("none", "minimal", "low", "medium", "high", "xhigh");
    private static final Shape COLLABORATION =
            words("default", "plan", "code", "pair_programming", "execute", "custom");
    private static final Shape PHASE = words("commentary", "final_answer");
    private static final Shape NETWORK = words("restricted", "enabled");

    private static final Shape TEXT_PART = object(required("text", TEXT));
    private static final Shape IMAGE_PART =
            object(required("image_url", TEXT), nullable("detail", words("auto", "low", "high", "original")));

    static final Shape USAGE = object(
            required("input_tokens", I64),
            required("cached_input_tokens", I64),
            required("output_tokens", I64),
            required("reasoning_output_tokens", I64),
            required("total_tokens", I64));

    private static final Shape SEARCH_ACTION = tagged(
            "type",
            Map.of(
                    "search",
                    object(nullable("query", TEXT), nullable("queries", list(TEXT))),
                    "open_page",
                    object(nullable("url", TEXT)),
                    "find_in_page",
                    object(nullable("url", TEXT), nullable("pattern", TEXT))),
            ANY);
    private static final JsonNode OTHER_ACTION =
            JsonNodeFactory.instance.objectNode().put("type", "other");

    static final Shape APPROVAL = approval();
    static final Shape SANDBOX = sandbox();

    static final Shape SESSION_META = object(
            required("id", ID),
            nullable("forked_from_id", ID),
            required("timestamp", TEXT),
            required("cwd", TEXT),
            required("originator", TEXT),
            required("cli_version", TEXT),
            // where it is missing Codex takes it for vscode, so a source that it can't parse is not just left out
            optional("source", source().orElse("unknown")),
            nullable("thread_source", words("user", "subagent", "memory_consolidation")),
            nullable("agent_nickname", TEXT),
            nullable("agent_role", TEXT).orAlias("agent_type"),
            nullable("agent_path", TEXT),
            nullable("model_provider", TEXT),
            nullable("base_instructions", object(required("text", TEXT))),
            nullable(
                    "dynamic_tools",
                    listOfFitting(object(
                            nullable("namespace", TEXT),
                            required("name", TEXT),
                            required("description", TEXT),
                            required("inputSchema", ANY),
                            nullable("deferLoading", BOOL),
                            nullable("exposeToContext", BOOL)))),
            nullable("memory_mode", TEXT),
            nullable(
                    "git",
                    object(nullable("commit_hash", TEXT), nullable("branch", TEXT), nullable("repository_url", TEXT))));

    static final Shape TURN_CONTEXT = object(
            nullable("turn_id", TEXT),
            nullable("trace_id", TEXT),
            required("cwd", TEXT),
            nullable("current_date", TEXT),
            nullable("timezone", TEXT),
            required("approval_policy", APPROVAL),
            required("sandbox_policy", SANDBOX),
            nullable("permission_profile", permissions()),
            nullable(
                    "network", object(required("allowed_domains", list(TEXT)), required("denied_domains", list(TEXT)))),
            nullable(
                    "file_system_sandbox_policy",
                    object(
                            required("kind", words("restricted", "unrestricted", "external-sandbox")),
                            nullable("glob_scan_max_depth", U64),
                            optional("entries", list(fileSystemEntry())))),
            required("model", TEXT),
            nullable("personality", words("none", "friendly", "pragmatic")),
            nullable(
                    "collaboration_mode",
                    object(
                            required("mode", COLLABORATION),
                            required(
                                    "settings",
                                    object(
                                            required("model", TEXT),
                                            nullable("reasoning_effort", EFFORT),
                                            nullable("developer_instructions", TEXT))))),
            nullable("realtime_active", BOOL),
            nullable("effort", EFFORT),
            required("summary", words("auto", "concise", "detailed", "none")).standIn(TextNode.valueOf("auto")),
            nullable("final_output_json_schema", ANY),
            nullable("user_instructions", TEXT),
            nullable("developer_instructions", TEXT),
            nullable("truncation_policy", object(required("mode", words("bytes", "tokens")), required("limit", U64))));

    private static final Shape RESPONSE_ITEM = tagged(
            "type",
            Map.ofEntries(
                    Map.entry(
                            "message",
                            object(
                                    nullable("id", TEXT),
                                    required("role", TEXT),
                                    required(
                                            "content",
                                            listOfFitting(tagged(
                                                    "type",
                                                    Map.of(
                                                            "input_text",
                                                            TEXT_PART,
                                                            "output_text",
                                                            TEXT_PART,
                                                            "input_image",
                                                            IMAGE_PART)))),
                                    nullable("end_turn", BOOL),
                                    nullable("phase", PHASE))),
                    Map.entry(
                            "reasoning",
                            object(
                                    optional("id", TEXT),
                                    required(
                                            "summary",
                                            listOfFitting(tagged("type", Map.of("summary_text", TEXT_PART)))),
                                    nullable(
                                            "content",
                                            listOfFitting(tagged(
                                                    "type", Map.of("reasoning_text", TEXT_PART, "text", TEXT_PART)))),
                                    nullable("encrypted_content", TEXT))),
                    Map.entry(
                            "local_shell_call",
                            object(
                                    nullable("id", TEXT),
                                    nullable("call_id", TEXT),
                                    required("status", words("completed", "in_progress", "incomplete")),
                                    required(
                                            "action",
                                            tagged(
                                                    "type",
                                                    Map.of(
                                                            "exec",
                                                            object(
                                                                    required("command", list(TEXT)),
                                                                    nullable("timeout_ms", U64),
                                                                    nullable("working_directory", TEXT),
                                                                    nullable("env", map(TEXT)),
                                                                    nullable("user", TEXT))))))),
                    Map.entry(
                            "function_call",
                            object(
                                    nullable("id", TEXT),
                                    required("name", TEXT),
                                    nullable("namespace", TEXT),
                                    required("arguments", TEXT),
                                    required("call_id", TEXT))),
                    Map.entry("function_call_output", object(required("call_id", TEXT), required("output", output()))),
                    Map.entry(
                            "custom_tool_call",
                            object(
                                    nullable("id", TEXT),
                                    nullable("status", TEXT),
                                    required("call_id", TEXT),
                                    required("name", TEXT),
                                    required("input", TEXT))),
                    Map.entry(
                            "custom_tool_call_output",
                            object(required("call_id", TEXT), nullable("name", TEXT), required("output", output()))),
                    Map.entry(
                            "tool_search_call",
                            object(
                                    nullable("id", TEXT),
                                    nullable("call_id", TEXT),
                                    nullable("status", TEXT),
                                    required("execution", TEXT),
                                    required("arguments", ANY))),
                    Map.entry(
                            "tool_search_output",
                            object(
                                    nullable("call_id", TEXT),
                                    required("status", TEXT),
                                    required("execution", TEXT),
                                    required("tools", list(ANY)))),
                    Map.entry(
                            "web_search_call",
                            object(nullable("id", TEXT), nullable("status", TEXT), nullable("action", SEARCH_ACTION))),
                    Map.entry(
                            "image_generation_call",
                            object(
                                    required("id", TEXT),
                                    required("status", TEXT),
                                    nullable("revised_prompt", TEXT),
                                    required("result", TEXT))),
                    Map.entry("compaction", object(required("encrypted_content", TEXT))),
                    Map.entry("compaction_summary", object(required("encrypted_content", TEXT))),
                    Map.entry("context_compaction", object(nullable("encrypted_content", TEXT))),
                    // Codex itself skips it and takes it out of compacted histories
                    Map.entry("ghost_snapshot", when(value -> false))),
            // of a type that it doesn't know, Codex looks at nothing
            ANY);

    static final Shape COMPACTED =
            object(required("message", TEXT), nullable("replacement_history", listOfFitting(RESPONSE_ITEM)));

    private static final Shape STARTED = object(
            required("turn_id", TEXT),
            nullable("started_at", I64),
            nullable("model_context_window", I64),
            optional("collaboration_mode_kind", COLLABORATION));
    private static final Shape COMPLETE = object(
            required("turn_id", TEXT),
            nullable("last_agent_message", TEXT),
            nullable("completed_at", I64),
            nullable("duration_ms", I64),
            nullable("time_to_first_token_ms", I64));
    private static final Shape RATE_LIMIT =
            object(required("used_percent", NUMBER), nullable("window_minutes", I64), nullable("resets_at", I64));

    private static final Shape EVENT = tagged(
            "type",
            Map.ofEntries(
                    Map.entry(
                            "user_message",
                            object(
                                    required("message", TEXT),
                                    nullable("images", listOfFitting(TEXT)),
                                    optional("local_images", listOfFitting(TEXT)),
                                    optional(
                                            "text_elements",
                                            listOfFitting(object(
                                                    required(
                                                            "byte_range",
                                                            object(required("start", U64), required("end", U64))),
                                                    nullable("placeholder", TEXT)))))),
                    Map.entry(
                            "agent_message",
                            object(
                                    required("message", TEXT),
                                    nullable("phase", PHASE),
                                    nullable(
                                            "memory_citation",
                                            object(
                                                    required(
                                                            "entries",
                                                            list(object(
                                                                    required("path", TEXT),
                                                                    required("lineStart", U32),
                                                                    required("lineEnd", U32),
                                                                    required("note", TEXT)))),
                                                    required("rolloutIds", list(TEXT)))))),
                    Map.entry("agent_reasoning", TEXT_PART),
                    Map.entry("agent_reasoning_raw_content", TEXT_PART),
                    Map.entry("token_count", tokenCount()),
                    Map.entry("context_compacted", onlyMembers("type")),
                    Map.entry(
                            "entered_review_mode",
                            object(
                                    required(
                                            "target",
                                            tagged(
                                                    "type",
                                                    Map.of(
                                                            "uncommittedChanges",
                                                            ANY,
                                                            "baseBranch",
                                                            object(required("branch", TEXT)),
                                                            "commit",
                                                            object(required("sha", TEXT), nullable("title", TEXT)),
                                                            "custom",
                                                            object(required("instructions", TEXT))))),
                                    nullable("user_facing_hint", TEXT))),
                    Map.entry("exited_review_mode", object(nullable("review_output", review()))),
                    Map.entry(
                            "image_generation_end",
                            object(
                                    required("call_id", TEXT),
                                    required("status", TEXT),
                                    nullable("revised_prompt", TEXT),
                                    required("result", TEXT),
                                    nullable("saved_path", ABSOLUTE_PATH))),
                    Map.entry("thread_rolled_back", object(required("num_turns", U32))),
                    Map.entry(
                            "turn_aborted",
                            object(
                                    nullable("turn_id", TEXT),
                                    // later versions have more reasons
                                    required("reason", words("interrupted", "replaced", "review_ended"))
                                            .standIn(TextNode.valueOf("interrupted")),
                                    nullable("completed_at", I64),
                                    nullable("duration_ms", I64))),
                    Map.entry("task_started", STARTED),
                    Map.entry("turn_started", STARTED),
                    Map.entry("task_complete", COMPLETE),
                    Map.entry("turn_complete", COMPLETE),
                    Map.entry("patch_apply_end", patch()),
                    Map.entry("mcp_tool_call_end", mcpToolCall()),
                    Map.entry(
                            "web_search_end",
                            object(
                                    required("call_id", TEXT),
                                    required("query", TEXT),
                                    required("action", SEARCH_ACTION).standIn(OTHER_ACTION))),
                    Map.entry(
                            "item_completed",
                            object(
                                    required("thread_id", ID),
                                    required("turn_id", TEXT),
                                    required(
                                            "item",
                                            tagged(
                                                    "type",
                                                    Map.of(
                                                            "Plan",
                                                            object(required("id", TEXT), required("text", TEXT))))),
                                    optional("completed_at_ms", I64)))));

    /** The payloads of each type of items. */
    static final Map<String, Shape> PAYLOADS = Map.of(
            "session_meta", SESSION_META,
            "turn_context", TURN_CONTEXT,
            "compacted", COMPACTED,
            "response_item", RESPONSE_ITEM,
            "event_msg", EVENT);

    private ItemShapes() {}

    /** Whether Codex can parse the path of an agent. */
    static boolean isAgentPath(String path) {
        return AGENT_PATH.matcher(path).matches();
    }

    private static Shape source() {
        var spawn = object(
                required("parent_thread_id", ID),
                required("depth", I32),
                nullable("agent_path", text(ItemShapes::isAgentPath)),
                nullable("agent_nickname", TEXT),
                nullable("agent_role", TEXT).orAlias("agent_type"));
        var subAgent = either(
                words("review", "compact", "memory_consolidation"),
                single(Map.of("thread_spawn", spawn, "other", TEXT)));
        return either(
                text(value -> !value.equals("custom") && !value.equals("subagent") && !value.equals("internal")),
                single(Map.of("custom", TEXT, "subagent", subAgent)));
    }

    private static Shape approval() {
        return either(
                words("untrusted", "on-failure", "on-request", "never"),
                single(Map.of(
                        "granular",
                        object(
                                required("sandbox_approval", BOOL),
                                required("rules", BOOL),
                                required("mcp_elicitations", BOOL),
                                optional("skill_approval", BOOL),
                                optional("request_permissions", BOOL)))));
    }

    private static Shape sandbox() {
        var access = tagged(
                "type",
                Map.of(
                        "full-access",
                        ANY,
                        "restricted",
                        object(
                                optional("include_platform_defaults", BOOL),
                                optional("readable_roots", list(ABSOLUTE_PATH)))));
        return tagged(
                "type",
                Map.of(
                        "danger-full-access",
                        ANY,
                        "read-only",
                        object(optional("access", access), optional("network_access", BOOL)),
                        "external-sandbox",
                        object(optional("network_access", NETWORK)),
                        "workspace-write",
                        object(
                                optional("writable_roots", list(ABSOLUTE_PATH)),
                                optional("read_only_access", access),
                                optional("network_access", BOOL),
                                optional("exclude_tmpdir_env_var", BOOL),
                                optional("exclude_slash_tmp", BOOL))));
    }

    private static Shape permissions() {
        var entries = required("entries", list(fileSystemEntry()));
        var depth = nullable("glob_scan_max_depth", POSITIVE_U64);
        var managed = object(
                required(
                        "file_system",
                        tagged("type", Map.of("unrestricted", ANY, "restricted", object(entries, depth)))),
                required("network", NETWORK));
        var legacy = closedObject(
                nullable("network", object(nullable("enabled", BOOL))),
                nullable(
                        "file_system",
                        either(
                                closedObject(entries, depth),
                                closedObject(
                                        nullable("read", list(ABSOLUTE_PATH)),
                                        nullable("write", list(ABSOLUTE_PATH))))));
        return either(
                tagged(
                        "type",
                        Map.of("managed", managed, "disabled", ANY, "external", object(required("network", NETWORK)))),
                legacy);
    }

    private static Shape fileSystemEntry() {
        var root = object(nullable("subpath", TEXT));
        var special = tagged(
                "kind",
                Map.of(
                        "root", ANY,
                        "minimal", ANY,
                        "tmpdir", ANY,
                        "slash_tmp", ANY,
                        "project_roots", root,
                        "current_working_directory", root,
                        "unknown", object(required("path", TEXT), nullable("subpath", TEXT))));
        var path = tagged(
                "type",
                Map.of(
                        "path",
                        object(required("path", ABSOLUTE_PATH)),
                        "glob_pattern",
                        object(required("pattern", TEXT)),
                        "special",
                        object(required("value", special))));
        return object(required("path", path), required("access", words("read", "write", "none")));
    }

    private static Shape output() {
        return either(TEXT, listOfFitting(tagged("type", Map.of("input_text", TEXT_PART, "input_image", IMAGE_PART))));
    }

    private static Shape tokenCount() {
        return object(
                nullable(
                        "info",
                        object(
                                required("total_token_usage", USAGE),
                                required("last_token_usage", USAGE),
                                nullable("model_context_window", I64))),
                nullable(
                        "rate_limits",
                        object(
                                nullable("limit_id", TEXT),
                                nullable("limit_name", TEXT),
                                nullable("primary", RATE_LIMIT),
                                nullable("secondary", RATE_LIMIT),
                                nullable(
                                        "credits",
                                        object(
                                                required("has_credits", BOOL),
                                                required("unlimited", BOOL),
                                                nullable("balance", TEXT))),
                                nullable("plan_type", TEXT),
                                nullable(
                                        "rate_limit_reached_type",
                                        words(
                                                "rate_limit_reached",
                                                "workspace_owner_credits_depleted",
                                                "workspace_member_credits_depleted",
                                                "workspace_owner_usage_limit_reached",
                                                "workspace_member_usage_limit_reached")))));
    }

    private static Shape review() {
        var place = object(
                required("absolute_file_path", TEXT),
                required("line_range", object(required("start", U32), required("end", U32))));
        return object(
                required(
                        "findings",
                        list(object(
                                required("title", TEXT),
                                required("body", TEXT),
                                required("confidence_score", NUMBER),
                                required("priority", I32),
                                required("code_location", place)))),
                required("overall_correctness", TEXT),
                required("overall_explanation", TEXT),
                required("overall_confidence_score", NUMBER));
    }

    private static Shape patch() {
        var change = tagged(
                "type",
                Map.of(
                        "add",
                        object(required("content", TEXT)),
                        "delete",
                        object(required("content", TEXT)),
                        "update",
                        object(required("unified_diff", TEXT), nullable("move_path", TEXT))));
        return object(
                required("call_id", TEXT),
                optional("turn_id", TEXT),
                required("stdout", TEXT),
                required("stderr", TEXT),
                required("success", BOOL),
                optional("changes", map(change)),
                required("status", words("completed", "failed", "declined")));
    }

    private static Shape mcpToolCall() {
        var result = object(
                required("content", list(ANY)),
                nullable("structuredContent", ANY),
                nullable("isError", BOOL),
                nullable("_meta", ANY));
        return object(
                required("call_id", TEXT),
                required(
                        "invocation",
                        object(required("server", TEXT), required("tool", TEXT), nullable("arguments", ANY))),
                nullable("mcp_app_resource_uri", TEXT),
                required("duration", duration()),
                required("result", single(Map.of("Ok", result, "Err", TEXT))));
    }

    /** Seconds and nanoseconds, which together must not overflow. */
    private static Shape duration() {
        var members = closedObject(required("secs", U64), required("nanos", U32));
        var billion = BigInteger.valueOf(1_000_000_000);
        return value -> {
            var fitting = members.fit(value);
            return fitting != null
                            && fitting.get("secs")
                                            .bigIntegerValue()
                                            .add(fitting.get("nanos")
                                                    .bigIntegerValue()
                                                    .divide(billion))
                                            .bitLength()
                                    <= Long.SIZE
                    ? fitting
                    : null;
        };
    }
}
