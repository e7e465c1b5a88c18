// SPDX-License-Identifier: Apache-2.0
/**
 * What runs machines: {@link dev.thaw.vm.engine.Engine} boots, freezes, restores and checkpoints them. Nothing above this package
 * knows which engine it is.
 */
package dev.thaw.vm.engine;
