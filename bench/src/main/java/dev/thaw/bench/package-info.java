// SPDX-License-Identifier: Apache-2.0
/**
 * Side-by-side measurements: {@link dev.thaw.bench.RestoreBench}, {@link dev.thaw.bench.ImageBench}, {@link
 * dev.thaw.bench.StoreBench}, {@link dev.thaw.bench.SharesBench}. Each is a main class
 * that {@code bench/run} starts.
 */
package dev.thaw.bench;
