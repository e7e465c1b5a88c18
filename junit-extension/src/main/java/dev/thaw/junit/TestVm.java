// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.Vm;

/** A VM that runs for a test class. */
record TestVm(VmDeclaration declaration, Vm vm) {}
