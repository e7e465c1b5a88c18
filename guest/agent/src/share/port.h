// SPDX-License-Identifier: Apache-2.0
// Frames of the port dev.thaw.shares (docs/shared-folders.md, "The port, version 1"), and as much of FUSE's messages
// (linux/fuse.h) as the relay looks at.
#ifndef THAW_SHARE_PORT_H
#define THAW_SHARE_PORT_H

#include "inbox.h"

#define SHARES_MAX 64u
// A request or reply of FUSE's with a mebibyte of data.
#define MESSAGE_MAX (1024u * 1024 + 4096)
// NOTIFY, REPLAY and SYNC of a share that have not been answered with DONE.
#define JOBS_MAX 1024u
#define JOB_LENGTH_MAX 16384u
#define TRANSFER_MIN 4096u
#define TRANSFER_MAX (1024u * 1024)
#define REPLAYER_NAME ".thaw-replayer"

enum port_frame {
    PORT_ATTACH = 1,
    PORT_ATTACHED = 2,
    PORT_REFUSED = 3,
    PORT_MESSAGE = 4,
    PORT_PART = 5,
    PORT_NOTIFY = 6,
    PORT_REPLAY = 7,
    PORT_DONE = 8,
    PORT_DETACH = 9,
    PORT_DETACHED = 10,
    PORT_HOLD = 11,
    PORT_HELD = 12,
    PORT_GO = 13,
    PORT_USER = 14,
    PORT_SYNC = 15,
};

#define ATTACH_READ_ONLY 1u
#define PART_LAST 1

enum replay_operation {
    REPLAY_CREATE = 1,
    REPLAY_MODIFY = 2,
    REPLAY_ATTRIBUTES = 3,
    REPLAY_DELETE = 4,
    REPLAY_RENAME = 5,
};

// struct fuse_in_header and struct fuse_lk_in behind it
#define FUSE_REQUEST_MIN 40u
#define FUSE_LENGTH_AT 0
#define FUSE_OPCODE_AT 4
#define FUSE_UNIQUE_AT 8
#define FUSE_LOCK_FLAGS_AT (FUSE_REQUEST_MIN + 40)
#define FUSE_LOCK_SIZE (FUSE_REQUEST_MIN + 48)
#define FUSE_LOCK_FLOCK 1u
#define FUSE_GETXATTR 22u
#define FUSE_FLUSH 25u
#define FUSE_READDIR 28u
#define FUSE_GETLK 31u
#define FUSE_SETLK 32u
#define FUSE_SETLKW 33u
#define FUSE_READDIRPLUS 44u

// struct fuse_read_in. The server's listings have this position behind their last entry.
#define FUSE_POSITION_AT (FUSE_REQUEST_MIN + 8)
#define FUSE_POSITION_END (FUSE_POSITION_AT + 8)
#define LISTING_END 0x7fffffffu

// struct fuse_getxattr_in; the name is behind it
#define FUSE_ATTRIBUTE_NAME_AT (FUSE_REQUEST_MIN + 8)

// struct fuse_out_header; notifications have it with unique 0
#define FUSE_REPLY_MIN 16u
#define FUSE_REPLY_ERROR_AT 4
#define FUSE_REPLY_UNIQUE_AT 8

// What a host may send on this port.
inbox_rule port_rule;
// A whole reply, as far as its header tells: what is none must not get to /dev/fuse, as it may be a notification, and they can
// make the writer wait.
bool port_is_reply(const uint8_t *message, size_t length);

#endif
