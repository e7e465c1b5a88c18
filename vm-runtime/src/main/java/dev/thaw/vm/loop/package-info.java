// SPDX-License-Identifier: Apache-2.0
/** One thread per VM that does all of its input and output: {@link dev.thaw.vm.loop.EventLoop}. */
package dev.thaw.vm.loop;
