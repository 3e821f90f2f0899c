/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the generator, the guest runtime (assembly) and the comparison agree on: where things are in guest RAM, and the words of a
 * program's input and output records. #defines only.
 */
#ifndef TESTS_DIFF_LAYOUT_H
#define TESTS_DIFF_LAYOUT_H

#define DIFF_RUNTIME 0x80000000
#define DIFF_SUPERVISOR 0x80001000 /* page of the S-mode trap vectors; mapped at SUPERVISOR_VA when paging is on */
#define DIFF_SUPERVISOR_VA 0xffffffffc0001000
#define DIFF_SRET 0x100 /* offset of the sret in that page */
#define DIFF_INDEX 0x80002000 /* word: number of the program that runs */
#define DIFF_COUNT 0x80010000 /* word: number of programs */

/* Random programs live here: 2 pages of code, 4 of data, 6 of page tables; 2 MiB-aligned, so that superpages can map it. */
#define DIFF_WORK 0x80200000
#define DIFF_CODE DIFF_WORK
#define DIFF_CODE_BYTES 0x2000
#define DIFF_DATA 0x80202000
#define DIFF_DATA_BYTES 0x4000
#define DIFF_TABLES 0x80206000
#define DIFF_TABLE_PAGES 6
#define DIFF_WORK_BYTES 0xc000

/* Record: a page of words, then the work area. */
#define DIFF_INPUT 0x80400000
#define DIFF_OUTPUT 0x83000000
#define DIFF_RECORD 0xd000
#define DIFF_PROGRAMS_MAX 800
#define DIFF_HEAD 0x1000

/* Words of both records. X(0) of the input is the start pc. */
#define WORD_X 0
#define WORD_F 32
#define WORD_FCSR 64
#define WORD_MSTATUS 65
#define WORD_SATP 66
#define WORD_MEDELEG 67
#define WORD_MIDELEG 68
#define WORD_MIE 69
#define WORD_MIP 70
#define WORD_MCOUNTEREN 71
#define WORD_SCOUNTEREN 72
#define WORD_STVEC 73
#define WORD_MENVCFG 74
#define WORD_PMPCFG0 75
#define WORD_PMPCFG2 76
#define WORD_PMPADDR 77
/* of the input */
#define WORD_VECTORED 93 /* added to mtvec: 0 or 1 */
#define WORD_VCODE 94    /* virtual address of the code */
#define WORD_END 95      /* offset of the closing ecall in the code */
#define WORD_BYTES 96    /* of the work area that are used */
/* of the output */
#define WORD_SEPC 93
#define WORD_SCAUSE 94
#define WORD_STVAL 95
#define WORD_SSCRATCH 96
#define WORD_LOGGED 97
#define WORD_LOG 98 /* LOG_MAX entries */
#define LOG_MAX 64
#define LOG_WORDS 6 /* kind, cause, epc, tval, status, mip */
#define LOG_BYTES 48
#define LOG_MACHINE 1
#define LOG_SUPERVISOR 2

#endif
