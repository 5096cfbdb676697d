/*
 * Functions without bounds or with hidden state; the poisoned names stop the compiler.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok atoi atol atof strncpy strncat
#pragma GCC poison localtime gmtime ctime asctime

#endif
