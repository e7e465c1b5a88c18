// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileTree;
import java.util.concurrent.Executor;

/** What requests can ask for, in the groups that requests are in. */
record FuseOperations(
        NodeOperations nodes,
        NameOperations names,
        FileOperations files,
        FolderOperations folders,
        AttributeOperations attributes,
        LockOperations locks,
        SessionOperations session) {

    static FuseOperations over(FileTree tree, Lifetimes lifetimes, Executor executor, Notifier notifier) {
        FuseOptions options = lifetimes.options();
        Privileges privileges = new Privileges(tree, notifier);
        return new FuseOperations(
                new NodeOperations(tree, lifetimes, privileges),
                new NameOperations(tree, lifetimes, privileges),
                new FileOperations(tree, options, privileges),
                new FolderOperations(tree, lifetimes),
                new AttributeOperations(tree),
                new LockOperations(tree, executor, options.maxWaitingLocks()),
                new SessionOperations(options));
    }
}
