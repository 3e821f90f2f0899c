/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The programs of the test image, as embedded.c wants them; INIT is the file of the test program.
 */
    .section .programs, "a"
    .balign 8
    .dword 2f - 1f
0:
    .asciz "/bin/init"
    .skip 56 - (. - 0b)
1:
    .incbin INIT
2:
    .balign 8
