// SPDX-License-Identifier: Apache-2.0
/**
 * From a spec to a snapshot: {@link dev.thaw.vm.bake.Planner} finds out what a spec means here and under which key its
 * snapshot is kept, {@link dev.thaw.vm.bake.Baker} makes it.
 */
package dev.thaw.vm.bake;
