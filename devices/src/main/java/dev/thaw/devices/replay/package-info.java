// SPDX-License-Identifier: Apache-2.0
/**
 * What the host changes, as a guest's own watchers are to be told of it. {@link dev.thaw.devices.replay.Replays} is the entry: it makes
 * replays of a watcher's events, keeps them in order, and says which one is under way, so that the server knows the replayer's requests.
 * Thread-safe. Why it is done this way is in docs/shared-folders.md, "Replays".
 */
package dev.thaw.devices.replay;
