/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * poweroff [STATUS]: ends the machine.
 */
#include "program.h"
#include "system.h"

int main(int argc, char **argv)
{
    if (argc > 2)
        die_usage("[STATUS]");
    die_error("the machine stays on", sys_power_off(argc == 2 ? (int)number_argument("STATUS", argv[1], 255) : 0));
}
