// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.Inotify;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes events of what was read from the kernel, and delivers them. Confined to whoever delivers. */
final class EventParser<K> {
    private static final Logger log = LoggerFactory.getLogger(EventParser.class);

    private final Watches<K> watches;
    private final WatchListener<K> listener;

    EventParser(Watches<K> watches, WatchListener<K> listener) {
        this.watches = watches;
        this.listener = listener;
    }

    void deliver(ByteBuffer events) {
        int at = 0;
        while (events.limit() - at >= Inotify.EVENT_SIZE) {
            int length = events.getInt(at + Inotify.EVENT_LENGTH);
            int next = at + Inotify.EVENT_SIZE + length;
            if (length < 0 || next > events.limit() || next < at) {
                log.error("an event of inotify has {} bytes of a name, {} are there", length, events.limit() - at);
                overflowed();
                return;
            }
            deliver(events, at, length);
            at = next;
        }
    }

    private void deliver(ByteBuffer events, int at, int nameBytes) {
        int watch = events.getInt(at + Inotify.EVENT_WATCH);
        int mask = events.getInt(at + Inotify.EVENT_MASK);
        if ((mask & Inotify.Q_OVERFLOW) != 0) {
            overflowed();
            return;
        }
        WatchEvent.Kind kind = kind(mask);
        try {
            if (kind != null) {
                Name name = name(events, at + Inotify.EVENT_SIZE, nameBytes);
                boolean folder = (mask & Inotify.ISDIR) != 0;
                int cookie = events.getInt(at + Inotify.EVENT_COOKIE);
                for (K key : watches.keys(watch)) {
                    listener.changed(new WatchEvent<>(key, kind, name, folder, cookie));
                }
            }
        } catch (ErrnoException | RuntimeException e) {
            log.error("an event could not be delivered: {}", kind, e);
            overflowed();
        }
        if ((mask & (Inotify.IGNORED | Inotify.UNMOUNT)) != 0) {
            watches.ended(watch);
        }
    }

    /** Tells that something was lost. */
    void overflowed() {
        try {
            listener.overflowed();
        } catch (RuntimeException e) {
            log.error("an overflow could not be delivered", e);
        }
    }

    /** Null for what is told to nobody. An event has one of these bits. */
    private static WatchEvent.Kind kind(int mask) {
        return switch (mask & 0xffff) {
            case Inotify.CREATE -> WatchEvent.Kind.CREATED;
            case Inotify.DELETE -> WatchEvent.Kind.DELETED;
            case Inotify.MOVED_FROM -> WatchEvent.Kind.MOVED_FROM;
            case Inotify.MOVED_TO -> WatchEvent.Kind.MOVED_TO;
            case Inotify.MODIFY -> WatchEvent.Kind.MODIFIED;
            case Inotify.ATTRIB -> WatchEvent.Kind.ATTRIBUTES;
            case Inotify.DELETE_SELF -> WatchEvent.Kind.SELF_DELETED;
            case Inotify.MOVE_SELF -> WatchEvent.Kind.SELF_MOVED;
            case Inotify.UNMOUNT -> WatchEvent.Kind.UNMOUNTED;
            default -> null;
        };
    }

    /** Null for none; NULs fill it up. */
    private static Name name(ByteBuffer events, int at, int bytes) throws ErrnoException {
        int length = 0;
        while (length < bytes && events.get(at + length) != 0) {
            length++;
        }
        if (length == 0) {
            return null;
        }
        byte[] name = new byte[length];
        events.get(at, name);
        return Name.of(name);
    }
}
