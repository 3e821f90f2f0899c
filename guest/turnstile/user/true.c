/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * true: succeeds.
 */
int main(void)
{
    return 0;
}
