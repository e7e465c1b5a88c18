// SPDX-License-Identifier: Apache-2.0
/**
 * Ports on the host that lead into a guest: {@link dev.thaw.vm.port.PortForwarder}. Everything happens on the VM's event
 * loop; connections are streams of the guest channel.
 */
package dev.thaw.vm.port;
