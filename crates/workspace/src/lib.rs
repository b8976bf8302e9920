//! Trees, sessions, Git in and out, materialising a tree to a folder.
