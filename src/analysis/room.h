/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_ROOM_H
#define ANALYSIS_ROOM_H

/*
 * Makes room for one more behind HELD in two lists that grow together: twice the room whenever it is used up, which is
 * at each power of two. 0, or -1 without memory; the lists stay the caller's either way.
 */
int analysis_make_room(int held, double **values, int **numbers);

#endif
