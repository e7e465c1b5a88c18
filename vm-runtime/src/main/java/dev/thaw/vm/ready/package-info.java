// SPDX-License-Identifier: Apache-2.0
/** When a service counts as ready: {@link dev.thaw.vm.ready.Readiness} waits for what a spec asks for. */
package dev.thaw.vm.ready;
