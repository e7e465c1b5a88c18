// SPDX-License-Identifier: Apache-2.0
/** What begins, waits and ends: deadlines, waiting for futures with them, and closing in the right order. */
package dev.thaw.vm.lifecycle;
