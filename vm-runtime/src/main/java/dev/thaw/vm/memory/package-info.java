// SPDX-License-Identifier: Apache-2.0
/**
 * What a machine has changed of its memory since it was restored from a file that it maps privately: {@link
 * dev.thaw.vm.memory.ProcessMemory} asks Linux about the process that the machine runs in, {@link
 * dev.thaw.vm.memory.ComparedMemory} compares a copy of the memory with the file, where nothing else is possible. Both are
 * for machines that are stopped, and confined to one thread at a time.
 */
package dev.thaw.vm.memory;
