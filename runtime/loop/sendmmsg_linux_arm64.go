package loop

import "syscall"

const sysSendmmsg = syscall.SYS_SENDMMSG
