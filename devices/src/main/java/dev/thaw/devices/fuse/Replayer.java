// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.Step;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.replay.Replay;
import dev.thaw.devices.replay.Replay.Kind;
import dev.thaw.devices.replay.Replays;
import dev.thaw.devices.replay.Spot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Answers the thread in the guest that replays what the host has changed: it makes the calls that would have made those changes, so that the
 * guest's kernel tells its watchers, and the host is not touched. Whatever the guest is up to, this does less than what it does
 * for others: it asks the tree for names and attributes, and changes nothing.
 *
 * <p>What the replayer is told the guest's kernel may not remember, true or not. So a name is asked for again by whoever uses it next.
 *
 * <p>Called by the transport's thread; the guest does one replay at a time, and its requests are of that one.
 */
final class Replayer {
    private static final Name INTRODUCTION = introduction();
    /** The handle of all that it opens; a tree counts its own from 1. */
    static final long HANDLE = 1L << 62;

    private static final Predicate<FileKind> IS_FOLDER = kind -> kind == FileKind.FOLDER;

    private final FileTree tree;
    private final Replays replays;
    private final Phantoms phantoms = new Phantoms();
    /** 0 until it is known, and never changed then. */
    private int pid;

    Replayer(FileTree tree, Replays replays) {
        this.tree = tree;
        this.replays = replays;
    }

    private static Name introduction() {
        try {
            return Name.of(".thaw-replayer".getBytes(StandardCharsets.US_ASCII));
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Answers a request if it is one of the replayer's that is not to be served as anybody's. */
    boolean serves(FuseRequest request, FuseCall call) throws IOException {
        if (isOfItsHandle(request)) { // the guest's kernel does not say whose these are
            call.reply();
            return true;
        }
        int from = call.header().pid();
        if (pid == 0) {
            return from != 0 && introduces(request, call);
        }
        return from == pid && (request instanceof NameRequest ? servesName(request, call) : servesNode(request, call));
    }

    private static boolean isOfItsHandle(FuseRequest request) {
        return (request instanceof FileRequest.Release release && release.handle() == HANDLE)
                || (request instanceof FileRequest.Flush flush && flush.handle() == HANDLE);
    }

    private boolean introduces(FuseRequest request, FuseCall call) throws ErrnoException {
        boolean first = request instanceof NameRequest.Lookup lookup
                && call.node() == FileTree.ROOT
                && lookup.name().equals(INTRODUCTION);
        if (first) {
            pid = call.header().pid();
            throw new ErrnoException(Errno.ENOENT, "lookup", INTRODUCTION);
        }
        return false;
    }

    // ---- names ----

    private boolean servesName(FuseRequest request, FuseCall call) throws IOException {
        if (request instanceof NameRequest.Lookup lookup) {
            reply(call, find(call.node(), lookup.name()));
        } else if (request instanceof NameRequest.Create create) {
            created(call, made(call, create.name(), FileKind.FILE));
        } else if (request instanceof NameRequest.MakeFolder folder) {
            reply(call, made(call, folder.name(), FileKind.FOLDER));
        } else if (request instanceof NameRequest.SymLink symlink) {
            reply(call, made(call, symlink.name(), FileKind.SYMLINK));
        } else if (request instanceof NameRequest.MakeNode node) {
            reply(call, made(call, node.name(), kind(node.mode())));
        } else if (request instanceof NameRequest.Remove remove) {
            require(Kind.DELETE, call, remove.name());
            call.reply();
        } else if (request instanceof NameRequest.Rename rename) {
            Replay now = require(Kind.RENAME, call, rename.name());
            requireThat(now.leadsTo(rename.newParent(), rename.newName()), call);
            call.reply();
        } else {
            requireThat(false, call);
        }
        return true;
    }

    private Entry find(long parent, Name name) throws IOException {
        Replay now = replays.current();
        if (now == null) {
            return tree.lookup(parent, name);
        } else if (now.isAt(parent, name)) {
            return subject(now);
        } else if (now.leadsTo(parent, name)) {
            return replaced(now);
        }
        Optional<Step> step = now.step(parent, name);
        return step.isPresent() ? onTheWay(step.get()) : tree.lookup(parent, name);
    }

    private Entry subject(Replay now) throws IOException {
        return switch (now.kind()) {
            case CREATE ->
                throw new ErrnoException(Errno.ENOENT, "lookup", now.spot().name());
            case MODIFY -> at(now.spot(), FileKind.FILE::equals, FileKind.FILE);
            case ATTRIBUTES -> at(now.spot(), now.isOfFolder() ? IS_FOLDER : Replayer::hasMode, now.file());
            case RENAME -> at(now.target(), now.isOfFolder() ? IS_FOLDER : IS_FOLDER.negate(), now.file());
            case DELETE -> {
                Entry gone = gone(now);
                yield gone != null ? gone : phantoms.make(now.file());
            }
        };
    }

    private static boolean hasMode(FileKind kind) {
        return kind != FileKind.FOLDER && kind != FileKind.SYMLINK;
    }

    /** What is there if it may be, else something that stands for what was. */
    private Entry at(Spot spot, Predicate<FileKind> fits, FileKind otherwise) throws IOException {
        Entry there;
        try {
            there = tree.lookup(spot.folder(), spot.name());
        } catch (ErrnoException e) {
            if (isMissing(e)) {
                return phantoms.make(otherwise);
            }
            throw e;
        }
        if (fits.test(there.attributes().kind())) {
            return there;
        }
        tree.forget(there.node(), 1);
        return phantoms.make(otherwise);
    }

    /** What a rename has replaced, so that who watches that is told. */
    private Entry replaced(Replay now) throws IOException {
        Entry gone = gone(now);
        if (gone == null) {
            throw new ErrnoException(Errno.ENOENT, "lookup", now.target().name());
        }
        return gone;
    }

    /**
     * The node that a replay's name led to before, if it has gone and the guest still knows it; else null. The guest's kernel will take
     * a name away from it.
     */
    private Entry gone(Replay replay) throws IOException {
        long node = replay.gone();
        Optional<FileKind> kind = node == 0 ? Optional.empty() : replays.again(node);
        if (kind.isEmpty()) {
            return null;
        }
        Optional<Attributes> now = attributes(node);
        boolean lives = now.isPresent() && now.get().links() > 0;
        if (lives || (kind.get() == FileKind.FOLDER) != replay.isOfFolder()) {
            tree.forget(node, 1);
            return null;
        }
        return new Entry(node, now.map(Phantoms::withOneLink).orElse(Phantoms.attributes(node, kind.get())));
    }

    /** It may not be found there any more, and be watched nevertheless. */
    private Entry onTheWay(Step step) throws IOException {
        try {
            return tree.lookup(step.folder(), step.name());
        } catch (ErrnoException e) {
            Optional<FileKind> kind = isMissing(e) ? replays.again(step.node()) : Optional.empty();
            if (kind.isEmpty()) {
                throw e;
            }
            return new Entry(step.node(), attributes(step.node()).orElse(Phantoms.attributes(step.node(), kind.get())));
        }
    }

    /** Empty for what has gone. */
    private Optional<Attributes> attributes(long node) throws IOException {
        try {
            return Optional.of(tree.attributes(node, 0));
        } catch (ErrnoException e) {
            if (isMissing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static boolean isMissing(ErrnoException e) {
        return e.errno() == Errno.ENOENT || e.errno() == Errno.ESTALE;
    }

    /** What the replayer believes to have made: what is there. Of another kind it could not be told, and never be forgotten. */
    private Entry made(FuseCall call, Name name, FileKind kind) throws IOException {
        Replay now = require(Kind.CREATE, call, name);
        return at(now.spot(), kind::equals, kind);
    }

    private static FileKind kind(int mode) throws ErrnoException {
        FileKind kind = FileKind.ofMode(mode);
        if (kind == null) {
            throw new ErrnoException(Errno.EINVAL, "mknod", "of mode 0" + Integer.toOctalString(mode));
        }
        return kind;
    }

    private Replay require(Kind kind, FuseCall call, Name name) throws ErrnoException {
        Replay now = replays.current();
        requireThat(now != null && now.kind() == kind && now.isAt(call.node(), name), call);
        return now;
    }

    /** What is no part of the replay under way would have to be done really. */
    private static void requireThat(boolean replayed, FuseCall call) throws ErrnoException {
        if (!replayed) {
            throw new ErrnoException(Errno.EPERM, "replay", call);
        }
    }

    private static void reply(FuseCall call, Entry entry) {
        ByteBuffer room = FuseCall.room(FuseEntryOut.SIZE);
        new FuseEntryOut(entry, Duration.ZERO, Duration.ZERO).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    private static void created(FuseCall call, Entry entry) {
        ByteBuffer room = FuseCall.room(FuseEntryOut.SIZE + FuseReplies.OpenOut.SIZE);
        new FuseEntryOut(entry, Duration.ZERO, Duration.ZERO).put(room, FuseOutHeader.SIZE);
        opened().put(room, FuseOutHeader.SIZE + FuseEntryOut.SIZE);
        call.reply(room);
    }

    /** What it writes goes past the guest's cache, which stays as it is. */
    private static FuseReplies.OpenOut opened() {
        return new FuseReplies.OpenOut(HANDLE, FuseReplies.OpenOut.DIRECT_IO | FuseReplies.OpenOut.KEEP_CACHE);
    }

    // ---- nodes ----

    private boolean servesNode(FuseRequest request, FuseCall call) throws IOException {
        if (request instanceof NodeRequest.GetAttributes) {
            reply(call, attributesOf(call.node()));
        } else if (request instanceof NodeRequest.SetAttributes) {
            Replay now = replays.current();
            requireThat(now != null && now.kind() == Kind.ATTRIBUTES, call);
            reply(call, attributesOf(call.node()));
        } else if (request instanceof FileRequest.Open) {
            Replay now = replays.current();
            requireThat(now != null && now.kind() == Kind.MODIFY, call);
            ByteBuffer room = FuseCall.room(FuseReplies.OpenOut.SIZE);
            opened().put(room, FuseOutHeader.SIZE);
            call.reply(room);
        } else if (request instanceof FileRequest.Write write && write.handle() == HANDLE) {
            ByteBuffer room = FuseCall.room(FuseReplies.WriteOut.SIZE);
            new FuseReplies.WriteOut(write.data().remaining()).put(room, FuseOutHeader.SIZE);
            call.reply(room);
        } else {
            return false;
        }
        return true;
    }

    private Attributes attributesOf(long node) throws IOException {
        Attributes phantom = Phantoms.attributes(node);
        if (phantom != null) {
            return phantom;
        }
        Optional<Attributes> now = attributes(node);
        if (now.isPresent()) {
            return now.get();
        }
        Optional<FileKind> kind = replays.again(node);
        if (kind.isEmpty()) {
            throw new ErrnoException(Errno.ESTALE, "statx", node);
        }
        tree.forget(node, 1);
        return Phantoms.attributes(node, kind.get());
    }

    private static void reply(FuseCall call, Attributes attributes) {
        ByteBuffer room = FuseCall.room(FuseReplies.AttributesOut.SIZE);
        new FuseReplies.AttributesOut(attributes, Duration.ZERO).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }
}
