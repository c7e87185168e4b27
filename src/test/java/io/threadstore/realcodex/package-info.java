/**
 * Real Codex processes against the packaged service. The binaries come from the npm registry, pinned by version; the model that answers
 * them is {@link io.threadstore.realcodex.ScriptedModel}, so nothing else leaves the machine.
 */
package io.threadstore.realcodex;
