// SPDX-License-Identifier: Apache-2.0
/**
 * One VM while it lives, at a bake as well as after a restore: its machine, the agent in it, its log, its ports and all
 * that it keeps on the host. Entry: {@link dev.thaw.vm.instance.Instance}.
 */
package dev.thaw.vm.instance;
