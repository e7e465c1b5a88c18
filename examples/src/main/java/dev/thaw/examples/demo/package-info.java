// SPDX-License-Identifier: Apache-2.0
/** What {@code ./demo} ends with: {@link dev.thaw.examples.demo.Demo} thaws Redis and Postgres and shows how long it takes. */
package dev.thaw.examples.demo;
