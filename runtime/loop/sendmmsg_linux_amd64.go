package loop

const sysSendmmsg = 307 // package syscall was frozen before it
