/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * false: fails.
 */
int main(void)
{
    return 1;
}
