// SPDX-License-Identifier: Apache-2.0
/**
 * Shared folders of a VM: {@link dev.thaw.vm.share.Shares} has those of one machine, {@link dev.thaw.vm.share.SharePort}
 * is the host's end of the port over which the guest's file requests come. How it works: docs/shared-folders.md.
 */
package dev.thaw.vm.share;
