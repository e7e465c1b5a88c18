// SPDX-License-Identifier: Apache-2.0
/** The service's output on the host: lines in bounded memory and in a bounded file. Entry: {@link dev.thaw.vm.log.LogBuffer}. */
package dev.thaw.vm.log;
