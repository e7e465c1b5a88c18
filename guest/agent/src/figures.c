// SPDX-License-Identifier: Apache-2.0
#include "figures.h"

#include <stdlib.h>
#include <string.h>

#define NANOSECONDS 1000000000u

uint64_t figure(const char *text, const char *name) {
    size_t length = strlen(name);
    for (const char *line = text; line != NULL && *line != 0; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == ':')) {
            return strtoull(line + length + 1, NULL, 10);
        }
    }
    return 0;
}

uint64_t idle_nanoseconds(const char *text) {
    const char *second = strchr(text, ' ');
    if (second == NULL) {
        return 0;
    }
    char *end;
    uint64_t seconds = strtoull(second, &end, 10);
    uint64_t hundredths = *end == '.' ? strtoull(end + 1, NULL, 10) : 0;
    return seconds * NANOSECONDS + hundredths * (NANOSECONDS / 100);
}
